"""Whether one tactic is shown to be behind another: what two probes of fallbacks share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scripts.audit.bench import Problem
from scripts.audit.finding import PAIR_MARGIN, Finding, Subject, not_applicable, scored

# What is launched for a problem, and what it is held against; None: not known.
Sides = Callable[[Problem], tuple[int, int] | None]


def behind(subject: Subject, sides: Sides, unknown: str, said: str) -> Finding:
    """Found where, paired, the first of the ``sides`` is behind the second by more than a margin at
    any problem. ``unknown``: why that cannot be asked; ``said``: what it is behind."""  # noqa: D205,D209
    worst, off, where = 0.0, 0.0, subject.problems[0]
    compared = 0
    for problem in subject.problems:
        found = sides(problem)
        if found is None:
            continue
        compared += 1
        place, other = found
        if place == other:
            continue
        middle, reach = subject.behind(problem, place, other)
        off = max(off, reach)
        if middle - reach > worst:
            worst, where = middle - reach, problem
    if not compared:
        return not_applicable(unknown)
    text = f"at least {np.expm1(worst):.2%} {said} at {where.cell.tokens} tokens"
    if worst <= PAIR_MARGIN:
        text = f"not shown to be {said} on {compared} problems"
    score, smallest = worst / PAIR_MARGIN, np.expm1(PAIR_MARGIN + off)
    return scored(score, text, np.expm1(worst), smallest)
