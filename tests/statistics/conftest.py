"""One synthetic study, and what the statistics make of it, for all tests that read them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

from scripts.statistics.aggregate import aggregate
from scripts.statistics.bootstrap import Plan
from scripts.statistics.pairwise import compare_finalists
from scripts.statistics.verdicts import judge
from tests.statistics import study

PLAN = Plan(resamples=1000)


@dataclass(frozen=True)
class Judged:
    """Comparisons, twins, verdicts and rates of the study."""

    pairwise: pd.DataFrame
    aa: pd.DataFrame
    verdicts: pd.DataFrame
    rates: pd.DataFrame


@pytest.fixture(scope="session")
def drawn() -> study.Study:
    return study.build()


@pytest.fixture(scope="session")
def judged(drawn: study.Study) -> Judged:
    pairs, twins = compare_finalists(drawn.finals, drawn.cells, 0.01, 0.95)
    verdicts = judge(
        drawn.replay,
        drawn.trials,
        drawn.cells.assign(error=0.0),
        pairs,
        set(drawn.cells["cell_id"]),
        0.01,
    )
    return Judged(pairs, twins, verdicts, aggregate(verdicts, PLAN))
