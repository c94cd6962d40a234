"""How far a config's latency repeats, and how often A/A pairs have a winner."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.outcome import Stop
from scripts.lib.schemas.recorded import FALSE_WINS, RECORDED, SPREAD, Kind
from scripts.lib.tables import read_table, write_table
from scripts.statistics import spread
from scripts.statistics.false_wins import ALL, false_wins, twins_by_dataset
from scripts.statistics.pairwise import compare_twins
from scripts.statistics.recorded import record
from scripts.statistics.spread import between_runs, within_cells
from tests.statistics.conftest import PLAN, Judged
from tests.statistics.study import RUN, Study


def test_twins_alone_are_those_of_the_full_comparison(drawn: Study, judged: Judged) -> None:
    twins = compare_twins(drawn.finals, 0.01, 0.95)
    pd.testing.assert_frame_equal(twins, judged.aa)


def finals(levels: dict[str, float], rounds: int = 20) -> pd.DataFrame:
    """Finals of cells with two slots of one config, the second slower by a factor."""
    rows = [
        (cell, "M16-N64-K64-G1-W4-S2", RUN, slot, number, us)
        for cell, factor in levels.items()
        for number in range(rounds)
        for slot, us in enumerate((100.0 + number, (100.0 + number) * factor))
    ]
    names = ["cell_id", "config_id", "run_id", "slot", "round", "us"]
    return pd.DataFrame(rows, columns=names)


def cell(number: int) -> str:
    return f"NVIDIA_H200/E8-N{64 * (number + 1)}-K64-top2-bf16/M1"


def test_false_wins_are_counted_over_each_dataset_and_over_all() -> None:
    one = finals({cell(0): 0.9, cell(1): 1.0, cell(2): 1.0, cell(3): 1.0}).assign(dataset="one")
    two = finals({cell(0): 1.2, cell(4): 1.0}).assign(dataset="two")
    twins = twins_by_dataset(pd.concat([one, two]), 0.01, 0.95)
    rates = false_wins(twins, PLAN).set_index(["dataset", "metric"])
    assert rates.loc[(ALL, "false_win"), ["mean", "n"]].tolist() == [pytest.approx(1 / 6), 6]
    assert rates.loc[(ALL, "false_loss"), "mean"] == pytest.approx(1 / 6)
    assert rates.loc[("one", "false_win"), "mean"] == 0.25
    assert rates.loc[("two", "false_win"), "mean"] == 0.0
    assert rates.loc[("two", "false_win"), "high"] > 0.5  # two pairs prove nothing


def test_cells_without_twins_have_no_pair() -> None:
    frame = finals({cell(0): 1.0})
    assert compare_twins(frame[frame["slot"] == 0], 0.01, 0.95).empty


def test_between_runs_divides_out_what_the_cell_shares(drawn: Study) -> None:
    second = drawn.trials.assign(median_us=drawn.trials["median_us"] * 1.1)
    second.loc[0, "median_us"] *= 1.5
    rows = between_runs(drawn.trials, second, "again")
    values = rows.set_index(["kind", "cell_id", "config_id"])["value"]
    odd = tuple(drawn.trials.loc[0, ["cell_id", "config_id"]])
    rest = values.drop([(kind, *odd) for kind in (Kind.RUNS, Kind.RUNS_SHIFTED)])
    assert np.allclose(rest[Kind.RUNS], 0.1)
    assert np.allclose(rest[Kind.RUNS_SHIFTED], 0.0)
    assert values[(Kind.RUNS, *odd)] == pytest.approx(0.65)
    assert values[(Kind.RUNS_SHIFTED, *odd)] == pytest.approx(0.5)


def test_trials_that_were_cut_early_are_not_compared(drawn: Study) -> None:
    cut = drawn.trials.copy()
    cut.loc[:9, "stopped_by"] = Stop.SLOW
    correct = (drawn.trials["outcome"] == "correct").sum()
    lost = (drawn.trials.loc[:9, "outcome"] == "correct").sum()
    assert len(between_runs(drawn.trials, cut, "again")) == 2 * (correct - lost)


@pytest.fixture(scope="module")
def counted(drawn: Study) -> pd.DataFrame:
    frames = [frame.assign(dataset="one") for frame in (drawn.trials, drawn.cells)]
    return record(*frames, drawn.space[drawn.space["legal"]])


def test_a_cell_without_a_second_run_has_no_spread(counted: pd.DataFrame) -> None:
    assert len(within_cells(counted)) == len(counted)
    assert within_cells(counted)["value"].tolist() == counted["drift"].tolist()
    once = counted.assign(drift=[0.0, np.nan, *counted["drift"][2:]])
    assert len(within_cells(once)) == len(counted) - 2


def test_main_writes_both_tables_the_same_each_time(
    drawn: Study, judged: Judged, counted: pd.DataFrame, tmp_path: Path
) -> None:
    paths = drawn.write(tmp_path / "one")
    again = drawn.write(tmp_path / "again")["trials"]
    write_table(tmp_path / "recorded.parquet", counted, RECORDED)
    arguments = ["--finals", str(paths["finals"]), "--recorded", str(tmp_path / "recorded.parquet")]
    arguments += ["--trials", str(paths["trials"]), "--again", str(again)]
    bodies = []
    for attempt in ("first", "second"):
        out = [tmp_path / attempt / name for name in ("spread.parquet", "false_wins.parquet")]
        options = ["--out", str(out[0]), "--out-false-wins", str(out[1])]
        assert spread.main([*arguments, *options, "--resamples", "200"]) == 0
        bodies.append([path.read_bytes() for path in out])
    assert bodies[0] == bodies[1]
    rows = read_table(out[0], SPREAD)
    assert set(rows["kind"]) == set(Kind)
    assert rows.loc[rows["kind"].isin([Kind.RUNS, Kind.RUNS_SHIFTED]), "value"].eq(0).all()
    twins = rows.loc[rows["kind"] == Kind.TWINS, "value"]
    assert sorted(twins) == pytest.approx(sorted((judged.aa["ratio"] - 1).abs()))
    assert read_table(out[1], FALSE_WINS)["n"].eq(len(judged.aa)).all()
