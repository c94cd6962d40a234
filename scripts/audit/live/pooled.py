"""One tuning spread over several fresh processes: what they differ by is averaged, not only noise.

Every process times the near tactics in interleaved rounds. A tuning takes the means of the
logarithms over its processes, and chooses by the rule of the race: of those within the margin of
the best few, the first in the canonical order. What another such tuning may choose is named, by the
deviation between processes that an earlier audit recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scripts.audit.live.answers import Answer
from scripts.audit.live.grid import cell_of, commonest_of, key_of, rounded
from scripts.audit.race import MARGIN, maybe, soft_minimum
from scripts.lib.judging.rivals import REACH

Row = dict[str, Any]
Timed = Mapping[str, float]  # config -> us, in the canonical order
SPREAD = (1, 2, 4)  # processes of one tuning
LEAST = 3  # tunings that can be held against each other


@dataclass(frozen=True)
class Pooled:
    """``rivals``: what another tuning may choose, the choice among them."""

    choice: str
    rivals: tuple[str, ...]


def pool(processes: Sequence[Timed], apart: float) -> Pooled:
    """The choice of one tuning. ``apart``: deviation between processes, log units."""
    names = [one for one in processes[0] if all(one in other for other in processes)]
    logs = np.array([[np.log(other[one]) for one in names] for other in processes]).mean(axis=0)
    bound = soft_minimum(logs) + MARGIN
    inside = logs <= bound
    off = np.full(len(names), REACH * apart / len(processes) ** 0.5)
    rivals = maybe(inside, logs, off, bound)
    return Pooled(names[int(inside.argmax())], tuple(names[at] for at in rivals))


def stands(answers: Sequence[Answer]) -> dict[Any, list[Timed]]:
    """By cell, what each process that timed the near tactics found, in the order of the ledger."""
    found: dict[Any, list[Timed]] = {}
    for one in answers:
        if one.task == "cell" and one.answer is not None and "stands" in one.answer:
            found.setdefault(cell_of(one), []).append(dict(one.answer["stands"]["us"]))
    return found


def pooled(answers: Sequence[Answer], apart: Mapping[int, Mapping[int, float]]) -> Iterator[Row]:
    """LIVE_POOLED rows. ``apart``: by degree and tokens, as ``between.by_cell``."""
    for cell, processes in stands(answers).items():
        *_, ranks, tokens = cell
        every = {name for one in processes for name in one}
        whole = {
            name: float(np.mean([np.log(one[name]) for one in processes if name in one]))
            for name in every
        }
        for spread in SPREAD:
            count = len(processes) // spread
            if count < LEAST:
                continue
            off = apart.get(ranks, {}).get(tokens, MARGIN)
            found = [pool(processes[at * spread : (at + 1) * spread], off) for at in range(count)]
            commonest, often = commonest_of([one.choice for one in found])
            behind = [whole[one.choice] - min(whole.values()) for one in found]
            yield key_of(cell) | {
                "processes": spread,
                "restarts": count,
                "choices": len(Counter(one.choice for one in found)),
                "same": rounded(often / count),
                "named": rounded(sum(commonest in one.rivals for one in found) / count),
                "decided": rounded(sum(len(one.rivals) == 1 for one in found) / count),
                "config_id": commonest,
                "regret": rounded(float(np.exp(np.mean(behind)))),
            }
