"""Two recordings of the same cells, whose shift, noise and order are known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.schemas.statistics import PAIRWISE, REPEAT
from scripts.lib.tables import read_table, write_table
from scripts.statistics.repeat import Run, compare_runs, main
from tests.statistics.conftest import Judged, drawn, judged
from tests.statistics.study import Study

__all__ = ["drawn", "judged"]
CELL = "NVIDIA_H200/E8-N16-K32-top2-bf16/M1"
CONFIGS = [f"M16-N32-K64-G{g}-W4-S3" for g in range(1, 41)]


def run(us: np.ndarray, best: int, ties: tuple[int, ...] = (), cut: int = 0) -> Run:
    """Trials of all configs; the finals hold the best, at 1, and its ties at 1.01."""
    trials = pd.DataFrame({"config_id": CONFIGS, "median_us": us}).assign(
        cell_id=CELL, outcome="correct", stopped_by=["precision"] * (40 - cut) + ["slow"] * cut
    )
    slots = [best, *ties]
    pairwise = pd.DataFrame(
        {
            "cell_id": CELL,
            "config_id": [CONFIGS[i] for i in slots],
            "slot": range(len(slots)),
            "best_ratio": [1.0] + [1.01] * len(ties),
            "best": [True] + [False] * len(ties),
            "tie": True,
        }
    )
    return Run(trials, pairwise)


def test_a_common_shift_is_no_spread():
    us = np.linspace(10.0, 50.0, 40)
    row = compare_runs(run(us, 0), run(us * 1.03, 0)).iloc[0]
    assert (row["configs"], row["best_again"], row["best_ties"]) == (40, 1.0, True)
    assert row["shift"] == pytest.approx(1.03)
    assert row["spread"] == pytest.approx(0.0, abs=1e-12)
    assert row["spearman"] == pytest.approx(1.0)


def test_spread_is_what_a_config_adds_of_its_own():
    us = np.linspace(10.0, 50.0, 40)
    own = np.where(np.arange(40) % 2 == 0, 1.02, 0.98)
    row = compare_runs(run(us, 0), run(us * own, 0)).iloc[0]
    assert row["spread"] == pytest.approx(0.02, rel=0.05)
    assert row["spearman"] < 1.0


def test_configs_cut_early_have_no_say_in_the_spread():
    us = np.linspace(10.0, 50.0, 40)
    wild = us.copy()
    wild[30:] *= 1.5
    row = compare_runs(run(us, 0, cut=10), run(wild, 0)).iloc[0]
    assert row["spread"] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("now", "ties", "ratio", "paired", "same"),
    [(0, (), 1.0, True, True), (3, (0,), 1.01, True, True), (3, (), 12.0 / 11.0, False, False)],
)
def test_the_first_best_in_the_second_run(now, ties, ratio, paired, same):
    us = np.linspace(10.0, 50.0, 40)
    again = us.copy()
    again[0], again[3] = 12.0, 11.0
    row = compare_runs(run(us, 0), run(again, now, ties)).iloc[0]
    assert row["best_again"] == pytest.approx(ratio)
    assert (row["best_paired"], row["best_ties"]) == (paired, same)


def test_a_cell_that_was_never_recorded_first_is_an_error():
    us = np.linspace(10.0, 50.0, 40)
    second = run(us, 0)
    moved = Run(second.trials.assign(cell_id="NVIDIA_H200/other/M1"), second.pairwise)
    with pytest.raises(InputError, match="other/M1 is not in the first recording"):
        compare_runs(run(us, 0), moved)


def test_a_recording_compared_with_itself(drawn: Study, judged: Judged, tmp_path: Path) -> None:
    tables = {
        "trials": (drawn.trials, TRIALS),
        "finals": (drawn.finals, FINALS),
        "cells": (drawn.cells, CELLS),
        "pairwise": (judged.pairwise, PAIRWISE),
    }
    for name, (frame, table) in tables.items():
        write_table(tmp_path / f"{name}.parquet", frame, table)
    command = ["--trials", "trials", "--pairwise", "pairwise", "--again-trials", "trials"]
    command += ["--again-finals", "finals", "--again-cells", "cells", "--out", "repeat"]
    paths = [f"{tmp_path}/{x}.parquet" if not x.startswith("--") else x for x in command]
    assert main(paths) == 0
    out = read_table(tmp_path / "repeat.parquet", REPEAT)
    assert sorted(out["cell_id"]) == sorted(drawn.cells["cell_id"])
    assert (out["shift"] == 1).all()
    assert (out["best_again"] == 1).all()
    assert out["best_ties"].all()
