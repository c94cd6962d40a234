"""The two columns of an interval, the same words in every table."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column


def interval(of: str = "its interval", prefix: str = "", nullable: bool = False) -> list[Column]:
    """``{prefix}low`` and ``{prefix}high``; ``of``: which interval, and where it is not known."""
    return [
        Column(f"{prefix}low", pa.float64(), f"lower end of {of}", nullable),
        Column(f"{prefix}high", pa.float64(), "upper end", nullable),
    ]
