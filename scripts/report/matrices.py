"""Two-way readings of the summary, as the tables of the pages want them: rows of cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Matrix:
    """Named columns, and rows of a name and a cell for each column; None where there is none."""

    columns: list[str]
    rows: list[tuple[str, list[Any]]]


def schemes_by(section: Mapping[str, Any]) -> Matrix:
    """Schemes by GPUs or machines; a cell is the entry in the summary."""
    schemes = sorted({scheme for entries in section.values() for scheme in entries})
    return Matrix(
        list(section),
        [(name, [entries.get(name) for entries in section.values()]) for name in schemes],
    )
