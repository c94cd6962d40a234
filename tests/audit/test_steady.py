"""Restarts of a tuning: the race and argmin on the same recorded latencies and noise."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.audit.layers import Layer
from scripts.audit.noise import Noise
from scripts.audit.race import MARGIN
from scripts.audit.steady import ARGMIN, RACE, main, rates, split, steady
from scripts.lib.schemas.audit import NOISE, STEADY
from scripts.lib.tables import read_table, write_table
from tests.audit.invented import TOKENS, layer, noise_table
from tests.transfer.recorded import CELLS_OF_THREE, write_recorded


def test_equal_tactics_flip_coins_for_argmin_only() -> None:
    us = np.full((len(TOKENS), 48), 150.0)
    us[:, [11, 23, 42]] = 100.0
    rows = list(steady(layer(us), Noise(noise_table()), 20, 1, {}))
    assert len(rows) == 2 * len(TOKENS)
    for row in rows:
        if row["chosen_by"] == RACE:
            assert (row["same"], row["regret"], row["tied"]) == (1.0, 1.0, 3.0)
            assert row["config_id"] == layer().tactics[11].id
        else:
            assert row["same"] < 0.7


def test_of_equal_tactics_the_first_to_try_is_taken() -> None:
    us = np.full((len(TOKENS), 48), 150.0)
    us[:, [11, 23, 42]] = 100.0
    of = layer(us)
    order = np.full(48, 9.0)
    order[[11, 23, 42]] = 3.0, 1.0, 2.0
    of_cells = {of.cell(tokens): order for tokens in TOKENS}
    rows = steady(of, Noise(noise_table()), 8, 1, of_cells)
    raced = [row for row in rows if row["chosen_by"] == RACE]
    assert {row["config_id"] for row in raced} == {of.tactics[23].id}
    assert {row["same"] for row in raced} == {1.0}


def test_regret_and_cost_by_hand() -> None:
    of = layer(seed=4)
    for row in steady(of, Noise(noise_table()), 20, 1, {}):
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
    words = [
        word
        for name in ("trials", "cells", "spaces", "predictions")
        for word in (f"--{name}", *files[name])
    ]
    words += ["--noise", str(tmp_path / "noise.parquet"), "--restarts", "3", "--seed", "1"]
    outs = [tmp_path / name for name in ("one.parquet", "two.parquet")]
    for processes, out in zip("12", outs, strict=True):
        more = ["--processes", processes, "--out", str(out)]
        more += ["--out-split", str(out.with_suffix(".split"))]
        assert main([*words, *more, "--out-rates", str(out.with_suffix(".rates"))]) == 0
    assert (tmp_path / "one.split").read_bytes() == (tmp_path / "two.split").read_bytes()
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert len(read_table(outs[0], STEADY)) == 2 * len(CELLS_OF_THREE)
    assert (tmp_path / "one.rates").read_bytes() == (tmp_path / "two.rates").read_bytes()


def test_rates_are_over_cells_with_intervals_that_hold_them() -> None:
    frame = pd.DataFrame(
        [
            row
            for seed in range(3)
            for row in steady(shaped(seed), Noise(noise_table()), 4, seed, {})
        ]
    )
    found = rates(frame, 1).set_index(["chosen_by", "metric"])
    for by, cells in frame.groupby("chosen_by"):
        assert found.loc[(by, "same"), "value"] == pytest.approx(cells["same"].mean())
        wanted = np.exp(np.log(cells["regret"]).mean())
        assert found.loc[(by, "regret"), "value"] == pytest.approx(wanted)
        assert found.loc[(by, "cells_same"), "value"] == pytest.approx((cells["same"] == 1).mean())
        assert found.loc[(by, "cost_max"), "value"] == cells["cost_max"].max()
        assert found.loc[(by, "same"), ["n", "layers", "restarts"]].tolist() == [15, 3, 4]
    known = found.dropna(subset="low")
    assert (known["low"] <= known["value"]).all()
    assert (known["value"] <= known["high"]).all()


def test_a_margin_set_on_one_half_is_judged_on_the_other() -> None:
    """Two layers; the first's restarts agree from the margin in use on, the second's never."""
    low, high = 0.005, 0.02
    same = {"a": {low: 0.9, MARGIN: 0.99, high: 1.0}, "b": {low: 0.5, MARGIN: 0.7, high: 0.6}}
    rows = [
        {"cell_id": f"{layer().device}/{name}/M1", "chosen_by": RACE, "margin": margin}
        | {"same": share, "regret": 1 + margin, "cost": 0.1}
        for name, shares in same.items()
        for margin, share in shares.items()
    ]
    frame = pd.DataFrame(rows)
    ours = frame[frame["margin"] == MARGIN].drop(columns="margin")
    found = split(ours, frame[frame["margin"] != MARGIN]).set_index(["judged_on", "margin"])
    chosen = {half: found.loc[half].query("chosen").index.item() for half in ("even", "odd")}
    assert chosen == {"odd": MARGIN, "even": MARGIN}  # enough agree, or else most do
    assert found.loc[("odd", MARGIN), "same"] == 0.7
    assert found.loc[("even", high), "regret"] == pytest.approx(1 + high)
    assert (found["cells"] == 1).all()


def shaped(seed: int) -> Layer:
    """A layer of a shape of its own."""
    of = layer(seed=seed)
    return replace(of, shape=replace(of.shape, intermediate=64 * (seed + 1)))
