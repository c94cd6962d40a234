"""Tactics ranked by unlike clocks: some kernels without a pass that others hold.

The tuner's figures are held against timings of the whole layer, kernel by kernel.
"""

from __future__ import annotations

import numpy as np

from scripts.audit.bench import How, Scope
from scripts.audit.finding import Finding, Subject, judged, not_applicable
from scripts.audit.probes.by_group import group_effects


def probe(subject: Subject) -> Finding:
    """Found where the tuner's figures are off by the kernel a tactic belongs to."""
    conditions = How(scope=Scope.PART)
    effects, smallest = group_effects(subject, conditions)["family"]
    if len(effects) < 2:
        return not_applicable("all tactics are of one kernel")
    apart = float(np.ptp(effects))
    return judged(
        apart > smallest,
        f"figures of {len(effects)} kernels lie {apart:.2%} apart from timings of the whole layer",
        apart,
        smallest,
    )
