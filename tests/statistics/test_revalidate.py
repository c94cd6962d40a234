"""Two recordings of the same cells: a planted flip is found, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.plan import PLAN
from scripts.lib.schemas.revalidation import (
    CHANGES,
    PREMISES,
    REVALIDATION,
    REVALIDATION_RATES,
    Standing,
)
from scripts.lib.tables import read_table
from scripts.measure.controller.candidates import check_cells
from scripts.statistics import revalidate as step
from scripts.statistics import tie_plan
from scripts.statistics.bootstrap import Plan
from scripts.statistics.pairwise import compare_finalists
from scripts.statistics.recording import Recorded, premises
from scripts.statistics.revalidate import changes, rates, revalidate
from scripts.statistics.ties import cost_of, plan_ties, tie_sets
from tests.statistics.study import Study

MARGIN, LEVEL = 0.01, 0.95
RUN = {
    "gpu": {"name": "NVIDIA H200", "uuid": "GPU-1", "driver": "580", "power_limit_w": 700.0},
    "packages": {"torch": "2.11.0", "triton": "3.6.0"},
    "python": "3.12",
    "kernel_hash": "feed",
    "protocol_hash": "feed",
    "spec_hash": "feed",
    "routing": "uniform",
    "commit": "c0ffee",
}


def recorded(drawn: Study, name: str) -> Recorded:
    pairs, _ = compare_finalists(drawn.finals, drawn.cells, MARGIN, LEVEL)
    return Recorded(name, drawn.trials, drawn.finals, drawn.cells, pairs, [RUN])


@pytest.fixture(scope="module")
def first(drawn: Study) -> Recorded:
    return recorded(drawn, "first")


def slower(one: Recorded, cell_id: str, config_id: str, factor: float) -> Recorded:
    """The recording with one config of one cell slower, in its trials and its finals."""
    trials, finals = one.trials.copy(), one.finals.copy()
    for frame, columns in ((trials, ["median_us", "low_us", "high_us"]), (finals, ["us"])):
        there = (frame["cell_id"] == cell_id) & (frame["config_id"] == config_id)
        assert there.any()
        frame.loc[there, columns] *= factor
    pairs, _ = compare_finalists(finals, one.cells, MARGIN, LEVEL)
    return replace(one, name="second", trials=trials, finals=finals, pairwise=pairs)


def test_in_the_same_recording_again_nothing_flips_or_moves(first: Recorded) -> None:
    table = revalidate(first, replace(first, name="second"), MARGIN, LEVEL)
    assert set(table["cell_id"]) == set(first.cells["cell_id"])
    # The first verdict rests on half of the rounds: at the margin the whole may say another word.
    assert set(table["standing"]) <= {Standing.STANDS, Standing.UNDECIDED}
    assert (table["standing"] == Standing.STANDS).mean() > 0.8
    assert (table["spearman"] == 1).all()
    assert (table[["change", "change_low", "change_high", "moved"]] == 1).all(axis=None)
    assert (table["ties"] == table["ties_both"]).all()
    assert table["best_in_ties"].all()


def test_a_planted_flip_is_found_and_only_it(first: Recorded) -> None:
    before = revalidate(first, replace(first, name="second"), MARGIN, LEVEL)
    won = before[before["verdict"] == "win"].iloc[0]
    table = revalidate(
        first, slower(first, won["cell_id"], won["chosen_id"], 1.5), MARGIN, LEVEL
    ).set_index("cell_id")
    row = table.loc[won["cell_id"]]
    assert (row["verdict"], row["again_verdict"], row["standing"]) == ("win", "loss", "flips")
    assert (row["moved_id"], row["again_evidence"]) == (won["chosen_id"], "paired")
    assert row["moved"] == pytest.approx(1.5)
    assert row["again_ratio"] == pytest.approx(1.5 * row["ratio"], rel=0.02)
    others = before.set_index("cell_id")["standing"].drop(won["cell_id"])
    assert table["standing"].drop(won["cell_id"]).equals(others)
    assert Standing.FLIPS not in set(others)


def test_another_word_with_overlapping_intervals_is_undecided(first: Recorded) -> None:
    before = revalidate(first, replace(first, name="second"), MARGIN, LEVEL)
    won = before[before["verdict"] == "win"].sort_values("high").iloc[-1]
    nudge = 1.0001 * (1 - MARGIN) / won["again_high"]
    second = slower(first, won["cell_id"], won["chosen_id"], nudge)
    row = revalidate(first, second, MARGIN, LEVEL).set_index("cell_id").loc[won["cell_id"]]
    apart = row["again_low"] > row["high"]
    assert row["again_verdict"] == "tie"
    assert row["standing"] == (Standing.FLIPS if apart else Standing.UNDECIDED)
    assert not apart


def test_a_cell_that_was_not_measured_again_is_left_out(first: Recorded) -> None:
    gone = str(first.cells["cell_id"].iloc[0])
    second = replace(first, name="second").of_cells(set(first.cells["cell_id"]) - {gone})
    table = revalidate(first, second, MARGIN, LEVEL)
    assert gone not in set(table["cell_id"])
    assert len(table) == len(first.cells) - 1


def test_changes_hold_every_config_that_both_found_correct(first: Recorded) -> None:
    trials = first.trials.assign(median_us=first.trials["median_us"] * 1.02)
    table = changes(first, replace(first, name="second", trials=trials))
    assert len(table) == (first.trials["outcome"] == "correct").sum()
    np.testing.assert_allclose(table["change"], 1.02)
    assert not table["cut"].any()


def test_recordings_of_other_cells_are_refused(first: Recorded) -> None:
    other = first.trials.assign(cell_id=first.trials["cell_id"] + "0")
    with pytest.raises(InputError, match="shares no correct trial"):
        changes(first, replace(first, name="second", trials=other))


def test_premises_name_what_differs_and_what_is_not_recorded(first: Recorded) -> None:
    run = RUN | {"packages": {"torch": "2.11.0", "triton": "3.7.0"}, "protocol_hash": None}
    table = premises(first, replace(first, name="second", runs=[run])).set_index("premise")
    assert table.index[~table["equal"]].tolist() == ["Triton", "protocol hash"]
    assert table.loc["Triton", ["value_first", "value_second"]].tolist() == ["3.6.0", "3.7.0"]
    assert table.loc["protocol hash", "value_second"] == "not recorded"


def test_what_neither_recorded_is_not_shown_to_be_equal(first: Recorded) -> None:
    blank = replace(first, runs=[{}])
    assert not premises(blank, replace(blank, name="second"))["equal"].any()


def test_rates_are_shares_of_the_judged(first: Recorded) -> None:
    table = revalidate(first, replace(first, name="second"), MARGIN, LEVEL)
    table.loc[0, ["verdict", "standing"]] = None
    table.loc[1, "standing"] = str(Standing.FLIPS)
    found = rates(table, Plan(resamples=200)).set_index("metric")
    assert found.loc["flips", "n"] == len(table) - 1
    assert found.loc["flips", "mean"] == pytest.approx(1 / (len(table) - 1))
    assert found.loc["best_in_ties", "n"] == len(table)
    assert found.loc[["stands", "flips", "undecided"], "mean"].sum() == pytest.approx(1)


def test_a_plan_holds_exactly_the_ties_and_the_committed_config(first: Recorded) -> None:
    plan = plan_ties(first.pairwise, first.cells)
    ties = first.pairwise[first.pairwise["tie"]].groupby("cell_id")["config_id"].agg(set)
    own = first.cells.set_index("cell_id")["committed_id"]
    assert set(plan["cell_id"]) == set(first.cells["cell_id"])
    for cell_id, rows in plan.groupby("cell_id"):
        assert set(rows["config_id"]) == ties[cell_id] | {own[cell_id]}
        assert rows["order"].tolist() == list(range(len(rows)))
        assert rows["config_id"].iloc[0] == own[cell_id]
        named = rows["proposed_by"].str.split(",")
        assert [("committed" in names) for names in named] == [True] + [False] * (len(rows) - 1)
        assert [("ties" in names) for names in named] == list(rows["config_id"].isin(ties[cell_id]))
    check_cells(plan)  # the sweep's own check


def test_a_cell_without_committed_config_is_planned_by_its_ties(first: Recorded) -> None:
    plan = plan_ties(first.pairwise, first.cells.assign(committed_id=None))
    assert set(plan["proposed_by"]) == {"ties"}
    assert len(plan) == len(tie_sets(first.pairwise))


def test_the_saving_is_what_the_planned_trials_took(first: Recorded) -> None:
    plan = plan_ties(first.pairwise, first.cells)
    cost = cost_of(plan, first.trials)
    assert cost["trials"].sum() == len(first.trials)
    assert cost["tie_trials"].sum() == len(plan)
    np.testing.assert_allclose(cost["tie_seconds"], 0.02 * cost["tie_trials"])
    words = tie_plan.saving(plan, first.trials)
    assert f"{len(plan):,} of {len(first.trials):,} trials" in words


@pytest.fixture
def folders(drawn: Study, tmp_path: Path) -> list[Path]:
    for name in ("first", "second"):
        drawn.write(tmp_path / name)
        (tmp_path / name / "runs.json").write_text(json.dumps({"runs": [RUN]}))
    return [tmp_path / "first", tmp_path / "second"]


def test_main_writes_all_tables(folders: list[Path], tmp_path: Path) -> None:
    outs = {"": REVALIDATION, "-rates": REVALIDATION_RATES, "-premises": PREMISES}
    outs["-changes"] = CHANGES
    argv = ["--first", str(folders[0]), "--second", str(folders[1]), "--resamples", "200"]
    for name in outs:
        argv += [f"--out{name}", str(tmp_path / f"out{name}.parquet")]
    assert step.main(argv) == 0
    for name, schema in outs.items():
        assert len(read_table(tmp_path / f"out{name}.parquet", schema))


def test_main_refuses_a_recording_without_its_counterpart(
    folders: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--first", *map(str, folders), "--second", str(folders[1])]
    assert step.main([*argv, "--out", str(tmp_path / "out.parquet")]) != 0
    assert "name both of each pair" in capsys.readouterr().err


def test_tie_plan_writes_a_plan_and_says_what_it_saves(
    folders: list[Path],
    first: Recorded,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("INFO")
    out = tmp_path / "plan.parquet"
    argv = ["--recorded", str(folders[0]), "--out", str(out)]
    assert tie_plan.main(argv) == 0
    expected = plan_ties(first.pairwise, first.cells)
    found = read_table(out, PLAN)
    assert found[["cell_id", "config_id"]].equals(expected[["cell_id", "config_id"]])
    assert "GPU seconds as recorded" in caplog.text
    cell_id = str(first.cells["cell_id"].iloc[0])
    assert tie_plan.main([*argv, "--cells", cell_id]) == 0
    assert set(read_table(out, PLAN)["cell_id"]) >= {cell_id}
    assert tie_plan.main([*argv, "--cells", "no such cell"]) != 0
    assert "no recorded cell contains no such cell" in capsys.readouterr().err


def test_a_folder_without_runs_is_refused(
    folders: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folders[1] / "runs.json").write_text(json.dumps({"runs": []}))
    argv = ["--first", str(folders[0]), "--second", str(folders[1])]
    assert step.main([*argv, "--out", str(tmp_path / "out.parquet")]) != 0
    assert "holds no runs" in capsys.readouterr().err


def test_tie_sets_name_a_config_once_per_cell(first: Recorded) -> None:
    assert not tie_sets(pd.concat([first.pairwise] * 2)).duplicated().any()
