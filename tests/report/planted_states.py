"""The states of the GPU on the cells of the synthetic study."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.schemas.states import STATES
from scripts.lib.tables import Table
from scripts.report.sections.states import apart
from scripts.statistics.states import states
from tests.report.copied import leaves
from tests.report.planted_live import STUDY
from tests.report.written import RUNS
from tests.statistics.study import Study


def tables(drawn: Study, *_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """STATES as the statistics make it."""
    found = states(drawn.cells, drawn.trials, drawn.finals, RUNS["runs"], 0.01)
    return {"states": (found.assign(dataset=STUDY)[STATES.names], STATES)}


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: one a recording and batch size, one a class judged apart."""
    return leaves(summary["states"], 3) + len(apart(summary))
