"""What another run may choose beside the choice of this one, as far as this one's evidence goes."""

from __future__ import annotations

from collections.abc import Mapping
from math import log, log1p

import numpy as np

from scripts.lib.judging.rivals import reach
from scripts.transfer.oracle import Trial
from scripts.tune.cell_search import near
from scripts.tune.turns import Search
from scripts.tune.verdict import ALIKE, APART, WIDE, Finals


def untold(
    search: Search,
    trials: Mapping[str, Trial],
    finals: Finals,
    chosen: str,
    margin: float,
    committed: str | None,
) -> list[str]:
    """Config ids beside the ties with the choice that another run may choose; sorted.

    Finalists that may come out alike to the best when finals are held anew; configs that were tried
    and did not meet there, not told from the choice by their trials at the margin, or that may come
    out alike to the best as well; and those not tried that the search now expects within the margin
    of its best, or that are the choice in another order of programs.
    """
    met, ties = set(finals.configs), finals.ties(chosen, margin)
    near_it = {*near(trials, margin, chosen), *search.untried(margin)} - met
    near_it |= set(search.siblings(chosen)) - set(trials)
    named = {*near_it, *finals.rivals(committed), *rivals_by_trial(trials, finals)}
    return sorted(named - set(ties))


def rivals_by_trial(trials: Mapping[str, Trial], finals: Finals, apart: float = APART) -> list[str]:
    """Configs that did not meet in the finals and that may come out alike to the best of them.

    A trial is short and holds the state that the GPU was in: of large batches, power-limited, it
    may be off by some per cent where its own samples agree within one. How far trials stray shows
    in the finalists, which have a trial each and were timed side by side besides. ``apart``: as of
    ``scripts.lib.judging.rivals.reach``.
    """
    best_us = finals.median_us(finals.best())
    off = [
        log(us / finals.median_us(config))
        for config in finals.configs
        if config in trials and (us := trials[config].latency_us) is not None
    ]
    stray = float(np.std(off, ddof=1)) if len(off) > 1 else 0.0
    found = []
    for config, trial in trials.items():
        if trial.latency_us is None or config in finals.configs or not off:
            continue
        behind = log(trial.latency_us / best_us) - float(np.mean(off))
        own = (trial.half_us or 0.0) / trial.latency_us / WIDE
        if behind - float(reach(np.hypot(own, stray), apart)) <= log1p(ALIKE):
            found.append(config)
    return found
