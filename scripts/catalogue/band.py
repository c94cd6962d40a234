"""How far a stated expectation may be off, read from what held-out cells showed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.schemas.openings import ALL, EXPECTED
from scripts.lib.tables import read_table

_FIGURES = ("margin", "level", "low", "high", "covered", "covered_families")


@dataclass(frozen=True)
class Band:
    """``low`` and ``high`` are factors on an expected ratio; see the table's columns.

    ``device``: the GPU that it was learned on, or ``all`` for every one recorded.
    """

    device: str
    margin: float
    level: float
    low: float
    high: float
    n: int
    families: int
    covered: float
    covered_families: float

    def to_json(self) -> dict[str, Any]:
        """Four digits of each figure."""
        figures = {k: round(v, 4) if isinstance(v, float) else v for k, v in vars(self).items()}
        return figures | {"validated": self.device != ALL}


def read_band(device: str, path: Path) -> Band:
    """That of the GPU if it was recorded, else of all that were. InputError without the table."""
    table = read_table(path, EXPECTED)
    by_device = {str(row["device"]): row for row in table[table["of"] == "row"].to_dict("records")}
    name = device if device in by_device else ALL
    row = by_device[name]
    figures = {key: float(row[key]) for key in _FIGURES}
    return Band(name, n=int(row["n"]), families=int(row["families"]), **figures)
