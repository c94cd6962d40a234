"""The planted recording and tuning of the statistics, as what tuning costs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.tables import Table
from tests.statistics import planted_cost
from tests.statistics.conftest import PLAN, Judged
from tests.statistics.study import Study


def tables(_drawn: Study, _judged: Judged) -> dict[str, tuple[pd.DataFrame, Table]]:
    """What the report reads of them."""
    return planted_cost.planted(PLAN)


def rows(summary: dict[str, Any]) -> int:
    """Rows of the page to browse."""
    every = (sides.values() for sides in summary["cost"]["tuned"].values())
    return sum(len(parts) for side in every for parts in side if isinstance(parts, dict))
