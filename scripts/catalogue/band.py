"""How far a stated expectation may be off, read from what held-out cells showed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.schemas.openings import ALL, EXPECTED, SHARED_BAND
from scripts.lib.tables import read_table

# What stands in place of a measured error.
FAMILY_OUT, GPU_OUT, NOT_CALIBRATED = "family out", "GPU out", "not calibrated"
_FIGURES = ("margin", "level", "low", "high", "covered", "covered_families")


@dataclass(frozen=True)
class Band:
    """``low`` and ``high`` are factors on an expected ratio; see the table's columns.

    ``device``: the GPU that it was learned on, or ``all`` for one without recordings. ``formats``:
    ``all`` where the number formats have no band of their own: then it is not calibrated.
    """

    device: str
    formats: str
    margin: float
    level: float
    low: float
    high: float
    n: int
    families: int
    judged: int
    covered: float
    covered_families: float

    @property
    def calibrated(self) -> bool:
        """Whether cells of the number formats, which it had not seen, were held against it."""
        return self.formats != ALL

    @property
    def word(self) -> str:
        """What such expectations were held against, in a word."""
        if not self.calibrated:
            return NOT_CALIBRATED
        return GPU_OUT if self.device == ALL else FAMILY_OUT

    @property
    def reason(self) -> str:
        """The sentence behind the word."""
        if not self.calibrated:
            return (
                "no such expectation in these number formats was held against measurements of two"
                " model families; the brackets are those of other formats"
            )
        taught = (
            "on recorded GPUs as if nothing had been recorded of them, none of them this one"
            if self.device == ALL
            else "on this GPU, each model family left out of what taught"
        )
        return (
            f"brackets are meant to hold {self.level:.0%}; {self.covered:.0%} of {self.judged}"
            f" held-out rows in {self.formats} lay in theirs ({self.covered_families:.0%} of a"
            f" model family's), {taught}"
        )

    def to_json(self) -> dict[str, Any]:
        """Four digits of each figure."""
        figures = {k: round(v, 4) if isinstance(v, float) else v for k, v in vars(self).items()}
        return figures | {"validated": self.device != ALL, "calibrated": self.calibrated}


class Bands:
    """All that an EXPECTED table holds."""

    def __init__(self, table: pd.DataFrame) -> None:
        found = table[(table["tokens"] == ALL)]
        self._rows = {
            (str(row["of"]), str(row["device"]), str(row["formats"])): row
            for row in found.to_dict("records")
        }

    def of_row(self, device: str, scheme: str, of: str = "row") -> Band:
        """That of the GPU, or of GPUs without recordings; of these number formats, or of others.

        ``of``: row, or shipped row.
        """
        return self._first(of, device, SHARED_BAND.get(scheme, scheme))

    def of_file(self, device: str, of: str = "file") -> Band:
        """Of the geometric mean over the batch sizes of a file, or of a shipped file."""
        return self._first(of, device, ALL)

    def _first(self, of: str, device: str, formats: str) -> Band:
        recorded = any(key[:2] == (of, device) for key in self._rows)
        name = device if recorded else ALL
        key = (of, name, formats)
        row = self._rows.get(key, self._rows.get((of, name, ALL)))
        if row is None:
            raise InputError(
                f"table {EXPECTED.name}: has no band of any GPU and format for a {of};"
                " `make results/tables/catalogue/expected.parquet` builds it"
            )
        figures: dict[str, Any] = {key: float(row[key]) for key in _FIGURES}
        figures |= {key: int(row[key]) for key in ("n", "families", "judged")}
        return Band(name, str(row["formats"]), **figures)


def read_bands(path: Path) -> Bands:
    """InputError if the table cannot be read."""
    return Bands(read_table(path, EXPECTED))
