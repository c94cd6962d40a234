"""Tactics that compute different things, ranked against each other."""

from __future__ import annotations

import numpy as np

from scripts.audit.finding import Finding, Subject, judged


def probe(subject: Subject) -> Finding:
    """Found where what the tuner ranked for one problem has unequal outputs."""
    ranked = unlike = 0
    for profile in subject.profiles:
        digests = subject.bench.digests(profile.problem, profile.places)
        counts = np.bincount(digests)
        ranked += len(digests)
        unlike += len(digests) - int(counts.max())
    text = f"outputs of {unlike} of {ranked} ranked tactics differ from the others'"
    return judged(unlike > 0, text, unlike / ranked, 1 / ranked, "share of tactics")
