"""Quality of known configs, against plain recomputation."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from scripts.lib.schemas.statistics import AA, PAIRWISE, QUALITY, VERDICTS
from scripts.lib.tables import read_table, write_table
from scripts.statistics import quality
from scripts.statistics.quality import assess
from tests.statistics.conftest import PLAN, Judged
from tests.statistics.study import SOURCES, Study


@pytest.fixture(scope="module")
def assessed(drawn: Study, judged: Judged) -> pd.DataFrame:
    frame = assess(drawn.cells, judged.pairwise, judged.aa, judged.verdicts, PLAN)
    return frame.set_index(["candidate", "metric"])


def test_geometric_means_agree_with_the_true_latencies(
    drawn: Study, judged: Judged, assessed: pd.DataFrame
) -> None:
    committed = drawn.cells.set_index("cell_id")["committed_id"]
    best = {
        c: min(us for (name, _), us in drawn.truth.items() if name == c) for c in committed.index
    }
    ratios = [best[c] / drawn.truth[c, committed[c]] for c in committed.index]
    found = assessed.loc[("best", "ratio")]
    assert found["mean"] == pytest.approx(stats.gmean(ratios), rel=0.01)
    assert found["low"] <= found["mean"] <= found["high"]
    assert found["smallest"] == pytest.approx(min(ratios), rel=0.02)
    roofline = drawn.cells.set_index("cell_id")["roofline_us"]
    over = [drawn.truth[c, committed[c]] / roofline[c] for c in committed.index]
    found = assessed.loc[("committed", "ratio_to_roofline")]
    assert found["mean"] == pytest.approx(stats.gmean(over), rel=0.02)


def test_copies_of_each_source_are_judged_once_per_cell(
    drawn: Study, judged: Judged, assessed: pd.DataFrame
) -> None:
    for source in SOURCES:
        rows = judged.verdicts.query(f"strategy == 'S1' and K == 1 and source == '{source}'")
        found = assessed.loc[(f"S1 {source}", "within_10")]
        assert found["n"] == len(drawn.cells)
        assert found["mean"] == pytest.approx((rows["ratio"] <= 1.1).mean())
        assert assessed.loc[(f"S1 {source}", "ratio"), "n"] == rows["ratio"].notna().sum()
        assert assessed.loc[(f"S1 {source}", "ratio"), "largest"] == pytest.approx(
            rows["ratio"].max()
        )


def test_false_wins_are_counted_over_all_twins(judged: Judged, assessed: pd.DataFrame) -> None:
    found = assessed.loc[("aa", "false_win")]
    assert found["n"] == len(judged.aa)
    assert found["mean"] == pytest.approx((judged.aa["verdict"] == "win").mean())
    assert found["high"] > found["mean"]  # no number of twins proves a rate of nought


def test_main_writes_the_same_table(drawn: Study, judged: Judged, tmp_path: Path) -> None:
    paths = drawn.write(tmp_path)
    for name, table in {"pairwise": PAIRWISE, "aa": AA, "verdicts": VERDICTS}.items():
        paths[name] = tmp_path / f"{name}.parquet"
        write_table(paths[name], getattr(judged, name), table)
    names = ("cells", "pairwise", "aa", "verdicts")
    arguments = [part for name in names for part in (f"--{name}", str(paths[name]))]
    out = tmp_path / "quality.parquet"
    plan = ["--resamples", str(PLAN.resamples)]
    assert quality.main([*arguments, *plan, "--out", str(out)]) == 0
    expected = assess(drawn.cells, judged.pairwise, judged.aa, judged.verdicts, PLAN)
    pd.testing.assert_frame_equal(read_table(out, QUALITY), expected, check_dtype=False)
