"""Choices that come out otherwise when the tuner is started again."""

from __future__ import annotations

from collections import Counter

import numpy as np

from scripts.audit.finding import Finding, Subject, scored

RESTARTS = 8
LOOKED_AT = 4  # problems
ALLOWED = 0.05  # share of restarts that may choose otherwise


def probe(subject: Subject) -> Finding:
    """Found where more than the allowed share of restarts differ from the commonest choice."""
    spread = np.linspace(0, len(subject.problems) - 1, min(LOOKED_AT, len(subject.problems)))
    problems = [subject.problems[at] for at in np.unique(spread.round().astype(int))]
    unlike, worst = 0, 1
    for problem in problems:
        chosen = []
        for _ in range(RESTARTS):
            tuner = subject.tuner.fresh()
            tuner.profile(problem, subject.bench)
            chosen.append(tuner.choose(problem))
        counts = Counter(chosen)
        unlike += RESTARTS - max(counts.values())
        worst = max(worst, len(counts))
    share, restarts = unlike / (RESTARTS * len(problems)), RESTARTS * len(problems)
    text = f"{unlike} of {restarts} restarts choose otherwise, up to {worst} choices a problem"
    return scored(share / ALLOWED, text, share, ALLOWED, "share of restarts")
