"""Openings of two GPUs, as the statistics judge them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.catalogue.expected import expected
from scripts.lib.schemas.openings import EXPECTED
from scripts.lib.tables import Table
from tests.catalogue.test_expected import openings


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """EXPECTED as the statistics make it; the GPUs are given real names."""
    names = {"H": "NVIDIA_H200", "G": "NVIDIA_H100_80GB_HBM3"}
    found = openings()
    return {"expected": (expected(found.assign(device=found["device"].map(names)), 0.01), EXPECTED)}


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse."""
    return sum(
        len(found) - 2 + len(found["formats"]) + len(found["tokens"])
        for found in summary["expected"].values()
    )
