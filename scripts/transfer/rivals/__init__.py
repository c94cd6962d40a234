"""Dear searches on recorded cells, other tools' first; their readings are recorded once."""

from __future__ import annotations

import zlib

from scripts.lib.shape import Cell


def run_number(cell: Cell, seed: int) -> int:
    """What a tool's random numbers start from, another one for each cell and seed."""
    return zlib.crc32(f"{cell.id} {seed}".encode())
