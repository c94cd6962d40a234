"""What the intervals cover, on a smaller study than the build's; and that it is not by design."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.schemas.headline import COVERAGE_STUDY, LEAST_FILES
from scripts.lib.tables import read_table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.calibration import DECIDED, MEAN, MEDIAN, RATE, Layout, main, study

PLAN = Plan(resamples=500)
STUDIES = 400


def covered(layout: Layout, studies: int = STUDIES) -> pd.Series:
    found = study(layout, studies, PLAN)
    return found.set_index("procedure")["covered"]


@pytest.mark.parametrize("files", [LEAST_FILES, 26, 50])
@pytest.mark.parametrize("statistic", [RATE, MEAN])
def test_quoted_interval_holds_the_truth_under_dependence(statistic: str, files: int) -> None:
    found = covered(Layout(statistic, files, 0.3))
    # 95% and, of so few studies, three standard errors.
    assert 0.95 - 0.033 <= found[DECIDED] <= 0.95 + 0.033
    assert found["rows"] < 0.8  # what resampling rows alone would have claimed


def test_independent_rows_are_covered_by_every_procedure() -> None:
    found = covered(Layout(MEAN, 50, 0.0))
    assert found.between(0.91, 0.985).all()


def test_median_is_covered_too() -> None:
    assert 0.9 <= covered(Layout(MEDIAN, 26, 0.3), 100)[DECIDED] <= 1


def test_few_files_are_the_reason_for_the_limit_and_for_the_wider_tails() -> None:
    few = covered(Layout(RATE, 3, 0.3))
    assert few[DECIDED] < 0.9
    ten = covered(Layout(RATE, 10, 0.3))
    assert ten["clusters plain"] < ten["clusters"]


def test_main_writes_the_same_table_each_time(tmp_path: Path) -> None:
    out = tmp_path / "study.parquet"
    arguments = ["--studies", "20", "--resamples", "100"]
    bodies = []
    for _ in range(2):
        assert main([*arguments, "--out", str(out)]) == 0
        bodies.append(out.read_bytes())
    assert bodies[0] == bodies[1]
    table = read_table(out, COVERAGE_STUDY)
    assert table["covered"].between(0, 1).all()
    assert set(table["statistic"]) == {RATE, MEAN, MEDIAN}
