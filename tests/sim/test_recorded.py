"""Recorded trials as they are learned from."""

from __future__ import annotations

import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.sim.recorded import read_measured
from tests.sim.conftest import TRIALS


def test_cells_bear_their_names(recorded: pd.DataFrame) -> None:
    assert recorded["cell_id"].nunique() == 72
    assert recorded["layer"].nunique() == 4
    row = recorded[recorded["cell_id"] == "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64"].iloc[0]
    assert (row["device"], row["scheme"], row["tokens"]) == ("NVIDIA_H200", "bf16", 64)
    assert (row["experts"], row["shape"]) == (8, "E8-N3584-K4096-top2-bf16")
    assert row["best_us"] == recorded.loc[recorded["cell_id"] == row["cell_id"], "us"].min()


def test_a_dataset_named_twice_is_refused() -> None:
    with pytest.raises(InputError, match="measured in two of the datasets"):
        read_measured([TRIALS, TRIALS])
