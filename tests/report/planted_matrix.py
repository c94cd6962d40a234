"""A matrix of the small engine as the judge makes it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.tables import Table
from tests.matrix.small_run import small_tables


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """All that the section reads."""
    return small_tables()


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: features, and every number."""
    return len(summary["matrix"]["features"]) + len(small_tables()["matrix_numbers"][0])
