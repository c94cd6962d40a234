"""What came of compiling one binary."""

from __future__ import annotations

from typing import Any


def result_of(
    binary_id: str, seconds: float, reason: str | None, shared: int | None = None
) -> dict[str, Any]:
    """As it stands in a ledger; ``reason``: why there is no binary."""
    return {
        "binary_id": binary_id,
        "outcome": "correct" if reason is None else "compile_error",
        "reason": reason,
        "seconds": round(seconds, 3),
        "shared_bytes": shared,
    }
