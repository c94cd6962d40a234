"""Two recordings of the same cells, whose shift, noise and order are known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.schemas.statistics import REPEAT
from scripts.lib.tables import read_table, write_table
from scripts.statistics.repeat import Run, compare_runs, main
from tests.statistics.conftest import drawn
from tests.statistics.study import Study

__all__ = ["drawn"]
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
    row = compare_runs(run(us, 0), run(us * 1.03, 0), "again").iloc[0]
    assert (row["configs"], row["best_again"], row["best_ties"]) == (40, 1.0, True)
    assert row["shift"] == pytest.approx(1.03)
    assert row["spread"] == pytest.approx(0.0, abs=1e-12)
    assert row["spearman"] == pytest.approx(1.0)


def test_spread_is_what_a_config_adds_of_its_own():
    us = np.linspace(10.0, 50.0, 40)
    own = np.where(np.arange(40) % 2 == 0, 1.02, 0.98)
    row = compare_runs(run(us, 0), run(us * own, 0), "again").iloc[0]
    assert row["spread"] == pytest.approx(0.02, rel=0.05)
    assert row["spearman"] < 1.0


def test_configs_cut_early_have_no_say_in_the_spread():
    us = np.linspace(10.0, 50.0, 40)
    wild = us.copy()
    wild[30:] *= 1.5
    row = compare_runs(run(us, 0, cut=10), run(wild, 0), "again").iloc[0]
    assert row["spread"] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("now", "ties", "ratio", "paired", "same"),
    [(0, (), 1.0, True, True), (3, (0,), 1.01, True, True), (3, (), 12.0 / 11.0, False, False)],
)
def test_the_first_best_in_the_second_run(now, ties, ratio, paired, same):
    us = np.linspace(10.0, 50.0, 40)
    again = us.copy()
    again[0], again[3] = 12.0, 11.0
    row = compare_runs(run(us, 0), run(again, now, ties), "again").iloc[0]
    assert row["best_again"] == pytest.approx(ratio)
    assert (row["best_paired"], row["best_ties"]) == (paired, same)


def test_a_cell_that_was_never_recorded_first_is_an_error():
    us = np.linspace(10.0, 50.0, 40)
    second = run(us, 0)
    moved = Run(second.trials.assign(cell_id="NVIDIA_H200/other/M1"), second.pairwise)
    with pytest.raises(InputError, match="other/M1 is not in the first recording"):
        compare_runs(run(us, 0), moved, "again")


@pytest.fixture
def recordings(drawn: Study, tmp_path: Path) -> dict[str, Path]:
    """Trials, finals and cells of two datasets, which hold the same study."""
    tables = {"trials": TRIALS, "finals": FINALS, "cells": CELLS}
    for dataset in ("one", "two"):
        (tmp_path / dataset).mkdir()
        for name, table in tables.items():
            write_table(tmp_path / dataset / f"{name}.parquet", getattr(drawn, name), table)
    return {name: tmp_path / "{}" / f"{name}.parquet" for name in tables}


def command(recordings: dict[str, Path], first: tuple[str, ...], second: tuple[str, ...]):
    sides = (("--", first), ("--again-", second))
    return [
        part
        for prefix, datasets in sides
        for name, path in recordings.items()
        for part in (f"{prefix}{name}", *(str(path).format(one) for one in datasets))
    ]


def test_recordings_compared_with_themselves(
    drawn: Study, recordings: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "repeat.parquet"
    arguments = command(recordings, ("one", "two"), ("two", "one"))
    assert main([*arguments, "--out", str(out)]) == 0
    table = read_table(out, REPEAT)
    cells = sorted(drawn.cells["cell_id"])
    for _, rows in table.groupby("dataset"):
        assert sorted(rows["cell_id"]) == cells
    assert table["dataset"].unique().tolist() == ["two", "one"]
    assert (table["shift"] == 1).all()
    assert (table["best_again"] == 1).all()
    assert table["best_ties"].all()


def test_a_repetition_without_its_first_recording_is_an_error(
    recordings: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "repeat.parquet"
    assert main([*command(recordings, ("one",), ("one", "two")), "--out", str(out)]) != 0
    assert "1 first and 2 second recordings" in capsys.readouterr().err
    assert not out.exists()
