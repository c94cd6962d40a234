"""Counts of the dataset and quality of known configs, against plain recomputation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from scripts.lib.schemas.statistics import AA, COUNTS, PAIRWISE, QUALITY, VERDICTS
from scripts.lib.tables import read_table, write_table
from scripts.statistics import counts, quality
from scripts.statistics.quality import assess
from tests.statistics.conftest import PLAN, Judged
from tests.statistics.study import CONFIGS, SOURCES, Study


@pytest.fixture(scope="module")
def counted(drawn: Study, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], float]:
    folder = tmp_path_factory.mktemp("counts")
    paths = drawn.write(folder)
    names = ("trials", "cells", "compiles", "space")
    arguments = [part for name in names for part in (f"--{name}", str(paths[name]))]
    assert counts.main([*arguments, "--out", str(folder / "counts.parquet")]) == 0
    frame = read_table(folder / "counts.parquet", COUNTS)
    return {(row.quantity, row.key): row.value for row in frame.itertuples()}


def test_counts(drawn: Study, counted: dict[tuple[str, str], float]) -> None:
    cells = len(drawn.cells)
    assert counted["cells", ""] == counted["complete_cells", ""] == cells
    assert counted["trials", ""] == cells * len(CONFIGS)
    assert counted["outcomes", "runtime_error"] == 3 * cells
    assert sum(v for (name, _), v in counted.items() if name == "outcomes") == len(drawn.trials)
    assert counted["largest_logits_diff", "bf16"] == pytest.approx(
        drawn.trials["logits_diff"].max()
    )
    assert counted["binaries", "correct"] == 2 * len(CONFIGS)
    assert counted["drift", "largest"] == pytest.approx(drawn.cells["drift"].max())


def test_configs_near_the_best_follow_the_true_latencies(
    drawn: Study, counted: dict[tuple[str, str], float]
) -> None:
    near = []
    for cell in drawn.cells["cell_id"]:
        true = np.array([us for (name, _), us in drawn.truth.items() if name == cell])
        near.append((true <= 1.02 * true.min()).sum())
    assert counted["configs_within_2", "median"] == pytest.approx(np.median(near), abs=1)


@pytest.mark.parametrize("gap", ["unrecorded", "not_measured"])
def test_a_cell_with_a_gap_is_not_complete(drawn: Study, gap: str) -> None:
    trials = drawn.trials.copy()
    if gap == "unrecorded":
        trials = trials.iloc[1:]
    else:
        trials.loc[0, "outcome"] = gap
    found = counts.count(trials, drawn.cells, drawn.compiles, drawn.space)
    value = found.set_index(["quantity", "key"])["value"]
    assert value["complete_cells", ""] == len(drawn.cells) - 1


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


def testseconds_around_the_trials_count_the_finishing_run_only() -> None:
    trials = pd.DataFrame(
        [("a", "r1", 5.0), ("a", "r2", 2.0), ("a", "r2", 1.0), ("b", "r2", 4.0)],
        columns=["cell_id", "run_id", "gpu_seconds"],
    )
    cells = pd.DataFrame(
        [("a", "r2", 4.5), ("b", "r2", 6.0), ("c", "r2", 1.0)],
        columns=["cell_id", "run_id", "gpu_seconds"],
    )
    assert counts.seconds_around(trials, cells) == pytest.approx(1.5 + 2.0 + 1.0)
