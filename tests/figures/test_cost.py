"""What tuning a file costs: its totals, in their order."""

from __future__ import annotations

import pandas as pd
import pytest

from scripts.figures import cost
from scripts.lib.files import InputError
from scripts.lib.schemas.cost import COST, CostOf
from tests.figures.case import Case
from tests.report import copied
from tests.statistics.study import DEVICE


def costs() -> pd.DataFrame:
    """A file tuned in 100 s, and the published method."""
    rows = [
        {"what": CostOf.GRAPHX, "value": 100.0},
        {"what": CostOf.UPSTREAM, "value": 5e4, "low": 2e4, "high": 9e4, "samples": 36},
    ]
    same = {"device": DEVICE, "shape_id": "E8-N3584-K4096-top2-bf16", "part": "total"}
    return copied.filled(pd.DataFrame(rows).assign(**same, batches=18), COST)


CASE = Case(
    cost.main,
    lambda *_: {"cost": (costs(), COST)},
)


def test_costs_are_the_totals_in_order() -> None:
    found = cost.totals(costs().iloc[::-1])
    assert found["what"].tolist() == [CostOf.GRAPHX, CostOf.UPSTREAM]


def test_no_tuned_file_is_refused() -> None:
    with pytest.raises(InputError, match="no tuned file"):
        cost.totals(costs().iloc[:0])
