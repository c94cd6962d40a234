"""What a sitting says of a tuning: choice, margins, launches and shapes, for the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from scripts.audit.bench import Problem
from scripts.audit.tuner import Profile, Tuner
from scripts.audit.tuners.steadied import Steadied

if TYPE_CHECKING:
    from scripts.audit.live.bench import LiveBench
    from scripts.audit.live.tally import During, Noted

Body = dict[str, Any]


def wrong(profile: Profile, place: int | None) -> str | None:
    """What is wrong with what a tuner returned; None if nothing is."""
    if place is None:
        return "it chose nothing"
    if len(profile.us) and not np.isfinite(profile.us).all():
        return "a timing that it ranks is not a number"
    return None


def margins(profile: Profile, bench: LiveBench) -> Body:
    """The five fastest as the tuner timed them, and how far the second is behind the first."""
    order = np.argsort(profile.us, kind="stable")[:5]
    best = [float(profile.us[at]) for at in order]
    return {
        "ranked": len(profile.us),
        "top": [bench.tactics[profile.places[at]].id for at in order],
        "top_us": [round(value, 3) for value in best],
        "margin": digits(best[1] / best[0] - 1) if len(best) > 1 else None,
    }


def raced(tuner: Tuner, problem: Problem, bench: LiveBench) -> Body:
    """What the race of a steadied tuner says of its choice; nothing of another tuner."""
    if not isinstance(tuner, Steadied):
        return {}
    found = tuner.choices[tuner.key(problem)]
    named = {"tied": found.tied, "rivals": found.rivals}
    ids = {name: [bench.tactics[one].id for one in places] for name, places in named.items()}
    return {"decided": found.decided, **ids}


def calls_of(taken: Mapping[During, Noted]) -> dict[str, int]:
    """How many launches of the GEMM there were, by what for."""
    return {str(during): noted.total() for during, noted in taken.items()}


def shapes_of(taken: Mapping[During, Noted]) -> list[list[Any]]:
    """Each kind of launch with its shapes and how often it ran, preparing left out."""
    found: Counter[tuple[str, str]] = Counter()
    for during, noted in taken.items():
        if str(during) == "preparing":
            continue
        for (name, shapes), count in noted.items():
            words = " ".join(f"{what}={'x'.join(map(str, size))}" for what, size in shapes)
            found[name, words] += count
    return [[name, words, count] for (name, words), count in sorted(found.items())]


def digits(value: float | None) -> float | None:
    """Six significant digits; None for what JSON has no word for."""
    return None if value is None or not np.isfinite(value) else float(f"{value:.6g}")
