"""Proposals from the recorded upstream history for the layers of the recorded measurements."""

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.device import find_device
from scripts.lib.shape import parse_shape
from scripts.transfer.committed_files import read_history
from scripts.transfer.propose import propose
from tests.transfer.study import h200_space

HISTORY_FILE = Path(__file__).parents[2] / "data/recorded/history.parquet"
H200 = find_device("NVIDIA_H200")
LEGAL = h200_space()
MIXTRAL = {
    "AMD_Instinct_MI300X",
    "AMD_Instinct_MI325X",
    "NVIDIA_A100-SXM4-40GB",
    "NVIDIA_A100-SXM4-80GB",
    "NVIDIA_H100_80GB_HBM3",
}
SOURCES = {
    "E8-N3584-K4096-top2-bf16": {*MIXTRAL, "NVIDIA_L40S"},
    "E8-N1792-K4096-top2-bf16": MIXTRAL,
    "E128-N768-K2048-top8-bf16": {"AMD_Instinct_MI308X", "NVIDIA_B200", "NVIDIA_H20"},
    "E128-N384-K2048-top8-bf16": {"NVIDIA_H100_80GB_HBM3", "NVIDIA_H20", "NVIDIA_H20-3e"},
}


@pytest.fixture(scope="module")
def proposals() -> pd.DataFrame:
    if not HISTORY_FILE.exists():
        pytest.skip(f"{HISTORY_FILE.name} is not restored; `make restore` fetches it")
    history = read_history(HISTORY_FILE)
    return propose([parse_shape(text) for text in SOURCES], H200, history, LEGAL)


def test_every_cell_has_a_committed_config_and_it_is_legal(proposals: pd.DataFrame) -> None:
    committed = proposals[proposals["strategy"] == "committed"]
    assert committed["cell_id"].nunique() == len(committed) == 72
    assert set(committed["config_id"]) <= {config.id for config in LEGAL.configs}


@pytest.mark.parametrize("shape", SOURCES)
def test_sources_are_the_gpus_with_a_file_for_the_layer(
    shape: str, proposals: pd.DataFrame
) -> None:
    of_shape = proposals[proposals["cell_id"].str.contains(f"/{shape}/", regex=False)]
    for strategy in ("S1", "S2"):
        assert set(of_shape.loc[of_shape["strategy"] == strategy, "source"]) == SOURCES[shape]


def test_a_legal_source_config_is_its_own_nearest(proposals: pd.DataFrame) -> None:
    legal = {config.id for config in LEGAL.configs}
    by_strategy = proposals.dropna(subset="source").pivot(
        index=["cell_id", "source"], columns="strategy", values="config_id"
    )
    kept = by_strategy["S1"].isin(legal)
    assert (by_strategy.loc[kept, "S1"] == by_strategy.loc[kept, "S2"]).all()
    assert 0 < kept.sum() < len(kept)
    assert by_strategy["S2"].isin(legal).all()
