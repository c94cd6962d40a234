"""Searches on a GPU as if nothing had been recorded on it, of the planted replays."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.schemas.cold import COLD
from scripts.lib.tables import Table
from tests.report.copied import leaves
from tests.statistics.test_cold import found


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """COLD as the statistics make it."""
    return {"cold": (found(), COLD)}


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: one for each source and GPU."""
    return leaves(summary["cold"], 1)
