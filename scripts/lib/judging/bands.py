"""How far above another latency still counts as near it: the bands that rates are quoted for."""

from __future__ import annotations

_WITHIN = {1: 1.01, 2: 1.02, 5: 1.05, 10: 1.10}
NEAR = _WITHIN[2]  # of the best: a search that is there has arrived


def within(*per_cents: int) -> dict[str, float]:
    """Name and largest ratio of each band asked for, as ``within_2``: 1.02; KeyError if unknown."""
    return {f"within_{share}": _WITHIN[share] for share in per_cents}
