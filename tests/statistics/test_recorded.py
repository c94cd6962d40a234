"""Counts of the measured datasets, against plain recomputation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.schemas.recorded import BINARIES, RECORDED
from scripts.lib.tables import read_table
from scripts.statistics import recorded
from scripts.statistics.dataset import named
from scripts.statistics.recorded import record, seconds_around
from tests.statistics.study import CONFIGS, Study

NAMES = ("one", "two")
FILES = ("trials", "cells", "compiles")


@pytest.fixture(scope="module")
def counted(drawn: Study, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The study recorded twice, as two datasets."""
    folder = tmp_path_factory.mktemp("recorded")
    written = [drawn.write(folder / name) for name in NAMES]
    arguments = [
        part for file in FILES for part in (f"--{file}", *(str(paths[file]) for paths in written))
    ]
    arguments += ["--space", str(written[0]["space"]), "--out", str(folder / "recorded.parquet")]
    binaries = folder / "binaries.parquet"
    assert recorded.main([*arguments, "--out-binaries", str(binaries)]) == 0
    assert read_table(binaries, BINARIES)["binaries"].tolist() == [2 * len(CONFIGS)] * 2
    return read_table(folder / "recorded.parquet", RECORDED)


def one(study: Study, trials: pd.DataFrame, space: pd.DataFrame | None = None) -> pd.DataFrame:
    """The table of one dataset with these trials, by cell."""
    legal = study.space if space is None else space
    frames = [frame.assign(dataset="one") for frame in (trials, study.cells)]
    return record(*frames, legal[legal["legal"]]).set_index("cell_id")


def test_every_cell_of_both_datasets_has_a_row(drawn: Study, counted: pd.DataFrame) -> None:
    assert sorted(counted["dataset"].unique()) == list(NAMES)
    assert len(counted) == 2 * len(drawn.cells)
    assert counted["complete"].all()
    assert (counted["legal"] == len(CONFIGS)).all()


def test_outcomes_and_stops_are_counted(drawn: Study, counted: pd.DataFrame) -> None:
    rows = counted[counted["dataset"] == "one"]
    assert rows["trials"].sum() == len(drawn.trials)
    assert rows[[str(o) for o in Outcome]].to_numpy().sum() == len(drawn.trials)
    assert (rows["runtime_error"] == 3).all()
    assert rows["by_precision"].sum() == (drawn.trials["outcome"] == Outcome.CORRECT).sum()
    assert rows["logits_diff"].max() == pytest.approx(drawn.trials["logits_diff"].max())
    assert rows["trial_seconds"].sum() == pytest.approx(drawn.trials["gpu_seconds"].sum())
    assert rows["reason"].isna().all()


def test_configs_near_the_best_follow_the_true_latencies(
    drawn: Study, counted: pd.DataFrame
) -> None:
    near = []
    for cell in drawn.cells["cell_id"]:
        true = np.array([us for (name, _), us in drawn.truth.items() if name == cell])
        near.append((true <= 1.02 * true.min()).sum())
    assert counted["within_2"].median() == pytest.approx(np.median(near), abs=1)


@pytest.mark.parametrize("gap", ["unrecorded", "not_measured"])
def test_a_cell_with_a_gap_is_not_complete(drawn: Study, gap: str) -> None:
    trials = drawn.trials.copy()
    cell = str(trials["cell_id"].iloc[0])
    if gap == "unrecorded":
        trials = trials.iloc[1:]
    else:
        trials.loc[0, ["outcome", "reason"]] = [gap, NotMeasured.BUDGET_SPENT]
    found = one(drawn, trials)
    assert found.index[~found["complete"]].tolist() == [cell]
    assert (found.loc[cell, "reason"] == NotMeasured.BUDGET_SPENT) == (gap == "not_measured")


def test_a_cell_is_complete_only_with_its_committed_config(drawn: Study) -> None:
    """Also where the committed config is none of the legal space."""
    cell, committed = drawn.cells.loc[0, ["cell_id", "committed_id"]]
    space = drawn.space[drawn.space["config_id"] != committed]
    mine = (drawn.trials["cell_id"] == cell) & (drawn.trials["config_id"] == committed)
    assert one(drawn, drawn.trials, space).loc[cell, "complete"]
    without = one(drawn, drawn.trials[~mine], space).loc[cell]
    assert not without["complete"]
    assert not without["committed"]


def test_a_scheme_without_a_known_space_is_refused(drawn: Study) -> None:
    with pytest.raises(InputError, match="none of bf16 on NVIDIA_H200; name its table"):
        one(drawn, drawn.trials, drawn.space.assign(scheme="fp16"))


def test_a_cell_that_was_never_finished_has_its_trials_and_no_drift(drawn: Study) -> None:
    first = str(drawn.cells["cell_id"].iloc[0])
    trials = drawn.trials.assign(dataset="one")
    cells = drawn.cells[drawn.cells["cell_id"] != first].assign(dataset="one")
    found = record(trials, cells, drawn.space[drawn.space["legal"]]).set_index("cell_id")
    assert found.loc[first, "trials"] == len(CONFIGS)
    assert pd.isna(found.loc[first, "drift"])
    assert pd.isna(found.loc[first, "throttled"])
    assert found.drop(index=first)["drift"].notna().all()


def test_seconds_around_the_trials_count_the_finishing_run_only() -> None:
    trials = pd.DataFrame(
        [("a", "r1", 5.0), ("a", "r2", 2.0), ("a", "r2", 1.0), ("b", "r2", 4.0)],
        columns=["cell_id", "run_id", "gpu_seconds"],
    )
    cells = pd.DataFrame(
        [("a", "r2", 4.5), ("b", "r2", 6.0), ("c", "r2", 1.0)],
        columns=["cell_id", "run_id", "gpu_seconds"],
    )
    assert seconds_around(trials, cells).to_dict() == {"a": 1.5, "b": 2.0, "c": 1.0}


def test_two_datasets_of_one_name_are_an_error() -> None:
    with pytest.raises(InputError, match=r"b/one/trials.parquet: dataset one was already given"):
        named([Path("a/one/trials.parquet"), Path("b/one/trials.parquet")])
