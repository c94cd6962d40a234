"""Tactics ranked by unlike clocks: some kernels without a pass that others hold.

The tuner's figures are held against timings of the whole layer, kernel by kernel.
"""

from __future__ import annotations

from scripts.audit.bench import How, Scope
from scripts.audit.finding import Finding, Subject
from scripts.audit.probes.by_group import off_by


def probe(subject: Subject) -> Finding:
    """Found where the tuner's figures are off by the kernel a tactic belongs to."""
    return off_by(
        "family", How(scope=Scope.PART), subject, "all tactics are of one kernel",
        "figures of {count} kernels lie {apart} apart from timings of the whole layer",
    )  # fmt: skip
