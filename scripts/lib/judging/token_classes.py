"""Classes of M that results are told apart by; each other division of M has its own name and place.

- ``SEARCHES``: of searches, by how much there is to gain; here.
- ``BREAKDOWN``: bounds of the breakdowns by class; here.
- regression regimes (small, large), with their bands: data/spec.yaml, locked.
- serving phases (decode, mixed, prefill) of graphx-sim's gates: scripts/sim/gates.json, hashed into
  every decision.
- neighbouring batches, a kernel's width and no class: scripts.transfer.library.
"""

from __future__ import annotations

BREAKDOWN = (64, 512)  # upper bounds; the first is where the spec's small regression regime ends
SEARCHES = ((32, "M up to 32"), (256, "M 48 to 256"))  # upper bound and name; above the last:
_ABOVE = "M from 512"


def search_class(tokens: int) -> str:
    """The class of a search's cell."""
    return next((name for most, name in SEARCHES if tokens <= most), _ABOVE)
