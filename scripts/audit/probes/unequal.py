"""Tactics that compute different things, ranked against each other."""

from __future__ import annotations

import numpy as np

from scripts.audit.finding import Finding, Subject, judged, not_applicable


def probe(subject: Subject) -> Finding:
    """Found where what the tuner ranked for one problem has unequal outputs."""
    ranked = unlike = 0
    for profile in subject.profiles:
        digests = subject.bench.digests(profile.problem, profile.places)
        ranked += len(digests)
        unlike += len(digests) - int(np.bincount(digests).max(initial=0))
    if not ranked:
        return not_applicable("it ranks nothing")
    text = f"outputs of {unlike} of {ranked} ranked tactics differ from the others'"
    return judged(unlike > 0, text, unlike / ranked, 1 / ranked, "share of tactics")
