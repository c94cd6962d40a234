"""A choice that is slower than what is launched without tuning."""

from __future__ import annotations

import numpy as np

from scripts.audit.finding import PAIR_MARGIN, Finding, Subject, judged, not_applicable


def probe(subject: Subject) -> Finding:
    """Found where the choice is shown to be behind the fallback, paired, by more than a margin."""
    worst, off, where = 0.0, 0.0, subject.problems[0]
    compared = 0
    for problem in subject.problems:
        fallback = subject.tuner.fallback(problem)
        if fallback is None:
            continue
        compared += 1
        place = subject.launched(problem)
        if place == fallback:
            continue
        middle, reach = subject.behind(problem, place, fallback)
        off = max(off, reach)
        if middle - reach > worst:
            worst, where = middle - reach, problem
    if not compared:
        return not_applicable("what is launched without tuning is not known")
    text = f"at least {np.expm1(worst):.2%} slower than the fallback at {where.cell.tokens} tokens"
    if worst <= PAIR_MARGIN:
        text = f"not shown to be slower than the fallback on {compared} problems"
    return judged(worst > PAIR_MARGIN, text, np.expm1(worst), np.expm1(PAIR_MARGIN + off))
