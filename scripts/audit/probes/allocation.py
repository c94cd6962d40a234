"""Buffers allocated for one tile only: tactics of other tiles look slower than they are.

The tuner's figures are held against timings in which every tactic has buffers of its own.
"""

from __future__ import annotations

from scripts.audit.bench import How
from scripts.audit.finding import Finding, Subject
from scripts.audit.probes.by_group import off_by


def probe(subject: Subject) -> Finding:
    """Found where the tuner's figures are off by the tile."""
    return off_by(
        "tile", How(arena=0), subject, "fewer than two tiles were timed often enough",
        "figures of {count} tiles lie {apart} apart from fair timings",
    )  # fmt: skip
