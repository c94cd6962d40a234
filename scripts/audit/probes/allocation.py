"""Buffers allocated for one tile only: tactics of other tiles look slower than they are.

The tuner's figures are held against timings in which every tactic has buffers of its own.
"""

from __future__ import annotations

import numpy as np

from scripts.audit.bench import How
from scripts.audit.finding import Finding, Subject, judged, not_applicable
from scripts.audit.probes.by_group import group_effects


def probe(subject: Subject) -> Finding:
    """Found where the tuner's figures are off by the tile."""
    conditions = How(arena=0)
    effects, smallest = group_effects(subject, conditions)["tile"]
    if len(effects) < 2:
        return not_applicable("fewer than two tiles were timed often enough")
    apart = float(np.ptp(effects))
    return judged(
        apart > smallest,
        f"figures of {len(effects)} tiles lie {apart:.2%} apart from fair timings",
        apart,
        smallest,
    )
