"""Restarts of a tuning: the race and argmin on the same recorded latencies and noise."""

from pathlib import Path

import numpy as np
import pytest

from scripts.audit.noise import Noise
from scripts.audit.steady import ARGMIN, RACE, main, steady
from scripts.lib.schemas.audit import NOISE, STEADY
from scripts.lib.tables import read_table, write_table
from tests.audit.invented import TOKENS, layer, noise_table
from tests.transfer.recorded import CELLS_OF_THREE, write_recorded


def test_equal_tactics_flip_coins_for_argmin_only() -> None:
    us = np.full((len(TOKENS), 48), 150.0)
    us[:, [11, 23, 42]] = 100.0
    rows = list(steady(layer(us), Noise(noise_table()), 20, 1))
    assert len(rows) == 2 * len(TOKENS)
    for row in rows:
        if row["chosen_by"] == RACE:
            assert (row["same"], row["regret"], row["tied"]) == (1.0, 1.0, 3.0)
            assert row["config_id"] == layer().tactics[11].id
        else:
            assert row["same"] < 0.7


def test_regret_and_cost_by_hand() -> None:
    of = layer(seed=4)
    for row in steady(of, Noise(noise_table()), 20, 1):
        us = of.us[of.tokens.index(int(row["cell_id"].rpartition("/M")[2]))]
        chosen = us[[one.id for one in of.tactics].index(row["config_id"])]
        assert row["regret_max"] >= row["regret"] >= 1
        if row["same"] == 1:
            assert row["regret"] == pytest.approx(chosen / us.min())
        assert row["chosen_by"] == RACE or row["cost"] == row["cost_max"] == 1
        assert row["chosen_by"] == ARGMIN or row["cost_max"] <= 0.25


def test_command_gives_the_same_bytes_with_more_processes(tmp_path: Path) -> None:
    files = write_recorded(tmp_path)
    write_table(tmp_path / "noise.parquet", noise_table(), NOISE)
    words = [word for name in ("trials", "cells", "spaces") for word in (f"--{name}", *files[name])]
    words += ["--noise", str(tmp_path / "noise.parquet"), "--restarts", "3", "--seed", "1"]
    outs = [tmp_path / name for name in ("one.parquet", "two.parquet")]
    for processes, out in zip("12", outs, strict=True):
        assert main([*words, "--processes", processes, "--out", str(out)]) == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert len(read_table(outs[0], STEADY)) == 2 * len(CELLS_OF_THREE)
