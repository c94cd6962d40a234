"""How far apart two tactics are in one process and in another: what no rounds of one take away.

A pair of tactics that several fresh processes timed gives as many differences of logarithms; their
deviation holds what the processes differ by, and what is left of the noise within each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

import numpy as np

from scripts.audit.live.answers import CORRECT, Answer

LEAST = 3  # processes of a pair
TIMED_BY = "published"  # times every tactic once, and its five fastest are kept
Cell = tuple[int, int]
Timed = Mapping[str, float]


def timed(answers: Iterable[Answer]) -> dict[Cell, list[Timed]]:
    """By degree and tokens: config -> us, of each process that timed the cell."""
    found: dict[Cell, list[Timed]] = {}
    for one in answers:
        if one.task != "cell" or one.answer is None:
            continue
        told = one.answer["tuners"].get(TIMED_BY, {})
        if told.get("outcome") == CORRECT:
            us = dict(zip(told["top"], told["top_us"], strict=True))
            found.setdefault(one.cell, []).append(us)
    return found


def apart(processes: Iterable[Timed]) -> list[float]:
    """Variance of each pair's distance over the processes that timed both, squared log units."""
    every = list(processes)
    names = sorted({name for one in every for name in one})
    found = []
    for first, second in combinations(names, 2):
        logs = [np.log(one[first] / one[second]) for one in every if {first, second} <= set(one)]
        if len(logs) >= LEAST:
            found.append(float(np.var(logs, ddof=1)))
    return found


def by_cell(answers: Iterable[Answer]) -> dict[int, dict[int, float]]:
    """By degree of expert parallelism and tokens: root mean square over pairs, log units."""
    found: dict[int, dict[int, float]] = {}
    for (ranks, tokens), processes in sorted(timed(answers).items()):
        variances = apart(processes)
        if variances:
            found.setdefault(ranks, {})[tokens] = float(np.sqrt(np.mean(variances)))
    return found
