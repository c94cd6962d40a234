"""A fallback that became slower from one version to the next."""

from __future__ import annotations

import numpy as np

from scripts.audit.finding import PAIR_MARGIN, Finding, Subject, judged, not_applicable


def probe(subject: Subject) -> Finding:
    """Found where the fallback is shown to be behind the one before, by more than a margin."""
    worst, off, where = 0.0, 0.0, subject.problems[0]
    known = 0
    for problem in subject.problems:
        now, earlier = (subject.tuner.fallback(problem, one) for one in (False, True))
        if now is None or earlier is None:
            continue
        known += 1
        if now == earlier:
            continue
        middle, reach = subject.behind(problem, now, earlier)
        off = max(off, reach)
        if middle - reach > worst:
            worst, where = middle - reach, problem
    if not known:
        return not_applicable("the fallback of an earlier version is not known")
    text = f"at least {np.expm1(worst):.2%} behind the one before at {where.cell.tokens} tokens"
    if worst <= PAIR_MARGIN:
        text = f"not shown to be behind the one before on {known} problems"
    return judged(worst > PAIR_MARGIN, text, np.expm1(worst), np.expm1(PAIR_MARGIN + off))
