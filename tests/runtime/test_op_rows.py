"""Rows from the operator's record: half of the rounds choose, nothing shown keeps the better."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.lib.runtimes.default_config import default_config
from scripts.lib.schemas.measured import CELLS, FINALS
from scripts.lib.shape import parse_shape
from scripts.lib.tables import write_table
from scripts.runtime.op_rows import (
    choosing,
    chosen_rows,
    committed_of,
    first_of_each,
    judging,
    matrix,
    ratios,
    read_uniform,
)

SHAPE = parse_shape("E8-N7168-K4096-top2-bf16")
CELL = f"NVIDIA_H200/{SHAPE.id}/M4"
KEPT, OTHER = "M16-N128-K64-G1-W4-S3", "M16-N32-K64-G1-W4-S3"
DEFAULT = default_config(SHAPE, 4).id


def record(**us: float) -> pd.DataFrame:
    """FINALS of one cell; noise of 0.2% that is the same in every run of the test."""
    noise = np.random.default_rng(3).normal(scale=0.002, size=(24, len(us)))
    names = {"kept": KEPT, "other": OTHER, "default": DEFAULT}
    rows = [
        (CELL, names[name], "r", slot, number, value * (1 + noise[number, slot]))
        for number in range(24)
        for slot, (name, value) in enumerate(us.items())
    ]
    return pd.DataFrame(rows, columns=["cell_id", "config_id", "run_id", "slot", "round", "us"])


@pytest.mark.parametrize(
    ("us", "committed", "wanted"),
    [
        ({"kept": 100, "default": 103, "other": 95}, KEPT, OTHER),
        ({"kept": 100, "default": 103, "other": 100}, KEPT, KEPT),
        ({"kept": 100, "default": 92, "other": 95}, KEPT, DEFAULT),
        ({"kept": 100, "default": 103, "other": 95}, None, OTHER),
        ({"default": 100, "other": 100}, None, DEFAULT),
    ],
)
def test_a_row_is_the_better_of_both_unless_another_is_shown_faster(us, committed, wanted):
    named = {CELL: committed} if committed else {}
    assert chosen_rows(SHAPE, record(**us), named) == {4: wanted}


def test_another_layer_has_no_row_and_nor_has_one_without_a_reference():
    assert chosen_rows(parse_shape("E8-N3584-K4096-top2-bf16"), record(kept=1.0), {}) == {}
    assert chosen_rows(SHAPE, record(kept=100, other=90), {}) == {}


def test_halves_share_no_round():
    samples = record(kept=100, other=95)
    halves = choosing(samples), judging(samples)
    assert not set(halves[0].index) & set(halves[1].index)
    assert len(halves[0]) + len(halves[1]) == 24
    found = ratios(halves[0], KEPT)
    assert found[KEPT] == (1.0, 1.0, 1.0)
    median, low, high = found[OTHER]
    assert low <= median <= high
    assert median == pytest.approx(0.95, rel=0.01)
    assert matrix(samples[:0]).empty


def test_rounds_stand_by_run_and_number_and_a_config_with_its_lowest_slot():
    first, twin = record(kept=100, other=95), record(kept=50).assign(slot=7)
    samples = pd.concat([first.assign(run_id="s"), first, twin]).sample(frac=1, random_state=1)
    pandas = pd.concat([first, first.assign(run_id="s")]).pivot(
        index=["run_id", "round"], columns="config_id", values="us"
    )
    found = matrix(samples)
    assert found.columns.tolist() == pandas.columns.tolist()
    assert np.array_equal(found.to_numpy(), pandas.to_numpy())


def test_committed_configs_by_cell():
    cells = pd.DataFrame({"cell_id": ["a", "b"], "committed_id": [KEPT, None]})
    assert committed_of(cells) == {"a": KEPT}


def test_recordings_of_one_cell_are_told_apart(tmp_path):
    """Its id says neither how tokens were routed nor whether weights were cold."""
    kinds = {"string": "", "bool": False, "double": 0.0}
    blank = {column.name: kinds.get(str(column.type), 0) for column in CELLS.columns}
    names = ["cell_id", "config_id", "run_id", "slot", "round", "us"]
    said = [("uniform", "cold"), ("zipf", "cold"), ("uniform", "warm"), ("uniform", "cold")]
    for number, (routing, weights) in enumerate(said):
        cells = pd.DataFrame([{**blank, "cell_id": CELL, "routing": routing, "weights": weights}])
        finals = pd.DataFrame([(CELL, KEPT, "r", 0, 0, float(number))], columns=names)
        write_table(tmp_path / str(number) / "cells.parquet", cells, CELLS)
        write_table(tmp_path / str(number) / "finals.parquet", finals, FINALS)
    found = read_uniform([tmp_path / str(number) for number in range(len(said))])
    assert [finals["us"].tolist() for _, finals in found] == [[0.0], [], [], [3.0]]
    cells, finals = first_of_each(found)
    assert (len(cells), finals["us"].tolist()) == (1, [0.0])
