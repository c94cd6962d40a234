"""The cells of the synthetic study on up to three GPUs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.schemas.scaling import SCALING
from scripts.lib.tables import Table
from scripts.statistics.scaling import Cluster, Work, scaling
from tests.report.copied import leaves
from tests.statistics.study import Study


def tables(drawn: Study, *_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """SCALING as the statistics make it."""
    cells = pd.DataFrame({"scheme": "bf16", "trials": 8, "seconds": 30.0},
                         index=sorted(set(drawn.cells["cell_id"])))  # fmt: skip
    found = scaling(Work(cells, 1.0), [1, 3], Cluster(10.0, 2, 0.1, 1))
    return {"scaling": (found, SCALING)}


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: one a layout and number of GPUs."""
    return leaves(summary["cluster"], 2)
