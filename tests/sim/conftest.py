"""Recorded trials of a few batches, and a simulator that has learned from them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.sim.facts import read_facts
from scripts.sim.recorded import read_measured
from scripts.sim.simulator import Simulator
from scripts.sim.train import train

TRIALS = Path(__file__).parents[2] / "data/recorded/measured/nvidia_h200-bf16/trials.parquet"
BATCHES = (1, 64, 1024)


@pytest.fixture(scope="session")
def facts() -> pd.DataFrame:
    """No compiler's facts: the estimate of them serves."""
    return read_facts([])


@pytest.fixture(scope="session")
def recorded() -> pd.DataFrame:
    """All recorded trials of the H200."""
    return read_measured([TRIALS])


@pytest.fixture(scope="session")
def measured(recorded: pd.DataFrame) -> pd.DataFrame:
    """Those of a few batches, from one token to the largest prefill."""
    return recorded[recorded["tokens"].isin(BATCHES)].reset_index(drop=True)


@pytest.fixture(scope="session")
def simulator(measured: pd.DataFrame, facts: pd.DataFrame) -> Simulator:
    """Trained on ``measured``."""
    return train(measured, facts, 1, "v1")
