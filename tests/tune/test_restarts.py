"""A recorded layer tuned again and again: the noise is the record's, the choice the command's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.lib.config import parse_id
from scripts.lib.schemas.restarts import RESTARTS
from scripts.lib.tables import read_table
from scripts.runtime.racing import Race
from scripts.tune.restarts import NoisyBench, main, make_parser, read_layers, round_noise
from tests.tune.conftest import BATCHES, DATA, DEVICE, LAYER, World

FINALS = DATA / "measured/nvidia_h200-bf16/finals.parquet"


def arguments(world: World, out, restarts: int = 3) -> list[str]:
    where = world.where
    return [
        "--shapes", LAYER, "--restarts", str(restarts),
        "--trials", str(where.recorded[0] / "trials.parquet"),
        "--cells", str(where.recorded[0] / "cells.parquet"), "--finals", str(FINALS),
        "--spaces", *map(str, sorted(where.spaces.glob("*.parquet"))),
        "--history", str(where.history), "--predictions", str(where.held_out),
        "--budget", "24", "--margin", "0.01", "--seed", "1", "--out", str(out),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def layer(world, tmp_path_factory):
    found = read_layers(make_parser().parse_args(arguments(world, tmp_path_factory.mktemp("x"))))
    assert len(found) == 1
    return found[0]


def test_each_restart_is_a_row_of_each_batch_size_and_the_same_twice(world, tmp_path):
    tables = []
    for name in ("one", "two"):
        assert main(arguments(world, tmp_path / f"{name}.parquet")) == 0
        tables.append(read_table(tmp_path / f"{name}.parquet", RESTARTS))
    assert tables[0].equals(tables[1])
    assert sorted(tables[0]["cell_id"].unique()) == sorted(
        f"{DEVICE}/{LAYER}/M{tokens}" for tokens in BATCHES
    )
    for _, rows in tables[0].groupby("cell_id"):
        assert rows["restart"].tolist() == [1, 2, 3]
        for config, ties in zip(rows["config_id"], rows["ties"], strict=True):
            assert config in ties.split(",")
    assert tables[0]["regret"].between(1.0, 1.05).all()
    assert tables[0]["trials"].between(1, 24).all()


def test_noise_of_a_round_is_half_the_variance_of_twins():
    random = np.random.default_rng(2)
    rows = [
        {"cell_id": "a", "run_id": "r", "config_id": c, "slot": slot, "round": number,
         "us": 100 * np.exp(random.normal(0, 0.02))}
        for number in range(4000) for slot, c in enumerate("xxy")
    ]  # fmt: skip
    assert round_noise(pd.DataFrame(rows)) == {"a": pytest.approx(0.02, rel=0.05)}
    assert round_noise(pd.DataFrame(rows[2::3])) == {}


def test_a_trial_is_drawn_once_a_restart_and_as_wide_as_recorded(layer):
    cell = next(iter(layer.recordings))
    config = layer.covariance.legal.configs[0]
    recorded = layer.recordings[cell].measure(cell, config)
    benches = [NoisyBench(layer, np.random.default_rng(seed)) for seed in range(400)]
    us = [bench.measure(cell, config).latency_us for bench in benches]
    assert [bench.measure(cell, config).latency_us for bench in benches] == us
    spread = np.std(np.log(us))
    assert spread == pytest.approx(recorded.half_us / recorded.latency_us / 1.96, rel=0.2)


def test_finals_rank_configs_as_recorded_where_they_are_far_apart(layer):
    cell, one = next(iter(layer.recordings.items()))
    order = np.argsort(one.latency_us[: len(one.legal)])
    slots = [one.configs[order[0]].id, one.configs[order[len(order) // 2]].id]
    held = NoisyBench(layer, np.random.default_rng(1)).finals(cell, slots, Race(least=12), 40)
    assert held.best() == slots[0] and held.rounds < 40
    truth = one.latency_us[one.index[parse_id(slots[1])]] / one.best_us
    assert held.ratio(slots[1], slots[0]).median == pytest.approx(truth, rel=0.02)


def test_what_cannot_be_is_said_in_a_line(world, tmp_path, capsys):
    assert main(arguments(world, tmp_path / "x", restarts=1)) == 2
    argv = arguments(world, tmp_path / "x")
    argv[1] = "E8-N64-K64-top2-bf16"
    assert main(argv) == 2
    said = capsys.readouterr().err
    assert "tune it twice or more often" in said and "no cell of it is recorded" in said
    assert not (tmp_path / "x").exists()


def test_without_a_name_every_layer_is_tuned(world, tmp_path_factory):
    argv = arguments(world, tmp_path_factory.mktemp("y"))
    found = read_layers(make_parser().parse_args(argv[2:]))
    shapes = {cell.shape.id for one in found for cell in one.recordings}
    assert LAYER in shapes and len(found) == len(shapes)
