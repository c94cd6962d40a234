"""Regret, rank correlation and chance, against counting by hand."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from scripts.sim.metrics import _expected, by_cell, by_chance
from scripts.sim.picks import pick_score

US = [10.0, 11.0, 13.0, 17.0, 20.0, 40.0]


def frame(cells: int = 1) -> pd.DataFrame:
    rows = [(f"c{cell}", f"k{i}", us) for cell in range(cells) for i, us in enumerate(US)]
    return pd.DataFrame(rows, columns=["cell_id", "config_id", "us"])


@pytest.mark.parametrize("top", [1, 2, 4, 6])
def test_chance_is_the_mean_over_all_draws(top: int) -> None:
    drawn = [min(draw) / min(US) for draw in combinations(US, top)]
    assert _expected(pd.Series(US), top) == pytest.approx(np.mean(drawn))


def test_chance_of_a_small_cell_finds_its_best() -> None:
    found = by_chance(frame())
    assert found["regret_8"].tolist() == [1.0]
    assert found["spearman"].tolist() == [0.0]


def test_perfect_and_reversed_orders() -> None:
    perfect = by_cell(frame(2), np.array(US * 2)).set_index("cell_id")
    assert perfect.loc["c1", ["spearman", "regret_1", "regret_4"]].tolist() == [1.0, 1.0, 1.0]
    back = by_cell(frame(), -np.array(US)).iloc[0]
    assert back["spearman"] == -1.0
    assert back["regret_1"] == 4.0
    assert back["regret_4"] == pytest.approx(1.3)
    assert back["configs"] == 6


def test_configs_of_one_kind_stand_back() -> None:
    configs = pd.Series([f"M16-N64-K64-G{g}-W4-S3" for g in (1, 16, 32)] + ["M32-N64-K64-G1-W4-S3"])
    cells = pd.Series(["c"] * 4)
    us = np.array([100.0, 100.1, 100.2, 100.9])
    score = pick_score(cells, configs, us)
    assert np.argsort(score).tolist() == [0, 3, 1, 2]
    assert score[0] == us[0]


def test_the_first_pick_is_the_fastest_predicted() -> None:
    generator = np.random.default_rng(1)
    configs = pd.Series([f"M16-N64-K64-G{g}-W4-S{s}" for g in (1, 16) for s in (2, 3, 4)])
    us = generator.random(6) + 1
    assert pick_score(pd.Series(["c"] * 6), configs, us).argmin() == us.argmin()
