"""A small world to tune in: a few recorded cells, their space, and a model learned from them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.device import find_device
from scripts.lib.schemas.measured import CELLS, TRIALS
from scripts.lib.schemas.sim import SIM_HELD_OUT
from scripts.lib.schemas.space import SPACE
from scripts.lib.tables import read_table, write_table
from scripts.sim.evaluate import held_out_of
from scripts.sim.facts import read_facts
from scripts.sim.questions import ask
from scripts.sim.recorded import read_measured
from scripts.sim.train import train
from scripts.space.enumerate import enumerate_space
from scripts.space.judge import read_compiled
from scripts.space.targets import find_form
from scripts.tune.knowledge import Where

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data/recorded"
DEVICE = "NVIDIA_H200"
# The layer that is tuned, and another one, from which is learned.
LAYER, OTHER = "E8-N3584-K4096-top2-bf16", "E128-N768-K2048-top8-bf16"
BATCHES = (1, 64, 1024)


@dataclass(frozen=True)
class World:
    """``us``: JSON, recorded latencies of the layer by config id by batch size."""

    where: Where
    us: Path


@pytest.fixture(autouse=True)
def _named_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHX_COMMIT", "0123456789abcdef0123456789abcdef01234567")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Three batch sizes of two layers, as if nothing else had ever been recorded."""
    folder = tmp_path_factory.mktemp("world")
    trials = _recorded(folder / "recorded")
    spaces = folder / "spaces"
    space = enumerate_space(
        find_device(DEVICE), find_form("bf16"), read_compiled([DATA / "space/sm_90-bf16.parquet"])
    )
    write_table(spaces / f"{DEVICE}-bf16.parquet", space, SPACE)
    _learn(folder, spaces / f"{DEVICE}-bf16.parquet")
    rows = trials[trials["cell_id"].str.contains(LAYER) & trials["median_us"].notna()]
    by_batch = {
        cell_id.rsplit("M", 1)[1]: dict(zip(part["config_id"], part["median_us"], strict=True))
        for cell_id, part in rows.groupby("cell_id")
    }
    (folder / "us.json").write_text(json.dumps(by_batch))
    where = Where(
        recorded=(folder / "recorded",),
        spaces=spaces,
        history=DATA / "history.parquet",
        model=folder / "model.json",
        held_out=folder / "held_out.parquet",
        trained_on=(folder / "recorded",),
    )
    return World(where, folder / "us.json")


def _recorded(folder: Path) -> pd.DataFrame:
    wanted = [f"{DEVICE}/{layer}/M{batch}" for layer in (LAYER, OTHER) for batch in BATCHES]
    tables = []
    for table in (TRIALS, CELLS):
        path = DATA / f"measured/nvidia_h200-bf16/{table.name}.parquet"
        frame = read_table(path, table)
        frame = frame[frame["cell_id"].isin(wanted)].reset_index(drop=True)
        write_table(folder / path.name, frame, table)
        tables.append(frame)
    return tables[0]


def _learn(folder: Path, space: Path) -> None:
    facts = read_facts([space])
    everything = read_measured([folder / "recorded/trials.parquet"], failed=True)
    known = everything[everything["us"].notna()].reset_index(drop=True)
    simulator = train(known, facts, 1, "v1")
    simulator.save(folder / "model.json")
    asked = ask(everything["cell_id"], everything["config_id"], facts)
    predicted = everything.assign(corrected_us=simulator.predict_us(asked))
    write_table(folder / "held_out.parquet", held_out_of(predicted), SIM_HELD_OUT)
