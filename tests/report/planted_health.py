"""Health of two planted files, as the statistics make it."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.schemas.health import HEALTH, HEALTH_RATES
from scripts.lib.tables import Table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.health import health, rates, read
from tests.statistics.planted_health import history, written


@cache
def made() -> tuple[pd.DataFrame, pd.DataFrame]:
    """HEALTH and HEALTH_RATES."""
    with tempfile.TemporaryDirectory() as name:
        found = read([written(Path(name) / "op")], 0.01, 0.95)
    table = health(history(), found, 0.95)
    return table, rates(table, Plan(200, 0.95, 1))


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """Both tables."""
    table, of_rows = made()
    return {"health": (table, HEALTH), "health_rates": (of_rows, HEALTH_RATES)}


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: rows that are behind, worse, or changed; three, as planted."""
    (found,) = summary["health"].values()
    return int(found["proposed_rows"])
