"""Identical pairs: how often they miss 1, and a widened interval that holds what it should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.judging.medians import median_interval
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.measured import FINALS
from scripts.lib.tables import read_table, write_table
from scripts.statistics.aa_rates import aa_rates, main, widen
from scripts.statistics.false_wins import twins_by_dataset
from tests.statistics.test_spread import cell, finals

# Lower and upper rank, from 1, of the 95% interval of a median of 20: David and Nagaraja.
RANKS = (6, 15)


def drawn(biases: list[float], seed: int = 3) -> pd.DataFrame:
    """Finals of one pair a cell: the second slot slower by a bias, both noisy."""
    frame = finals({cell(number): np.exp(bias) for number, bias in enumerate(biases)})
    noise = np.random.default_rng(seed).normal(0, 0.002, len(frame))
    return frame.assign(us=frame["us"] * np.exp(noise), dataset="one")


def test_rates_are_those_of_plain_numpy() -> None:
    frame = drawn([0.0, 0.004, -0.004, 0.03, -0.02, 0.0])
    found = aa_rates(twins_by_dataset(frame, 0.01, 0.95))
    missed, wins, losses, apart = [], [], [], []
    for _, rows in frame.groupby("cell_id"):
        wide = rows.pivot(index="round", columns="slot", values="us")
        ratio = np.sort((wide[1] / wide[0]).to_numpy())
        low, high = ratio[RANKS[0] - 1], ratio[RANKS[1] - 1]
        missed.append(low > 1 or high < 1)
        wins.append(high < 0.99)
        losses.append(low > 1.01)
        apart.append(abs(np.log((ratio[9] + ratio[10]) / 2)))
    row = found[found["tokens"].isna()].iloc[0]
    assert row["pairs"] == 6
    assert row["missed"] == pytest.approx(np.mean(missed))
    assert row["false_win"] == pytest.approx(np.mean(wins))
    assert row["false_loss"] == pytest.approx(np.mean(losses))
    assert row["error"] == pytest.approx(max(apart), rel=1e-6)
    assert found["tokens"].dropna().tolist() == [1]


def test_a_biased_order_is_found_out_and_allowed_for() -> None:
    """Two thirds of narrow intervals miss what they should hold; widened, few do."""
    biases = np.random.default_rng(5).normal(0, 0.004, 400)
    pairs = twins_by_dataset(drawn(list(biases[:200])), 0.01, 0.95)
    rates = aa_rates(pairs)
    assert rates["missed"].iloc[0] > 0.3
    fresh = twins_by_dataset(drawn(list(biases[200:]), seed=9), 0.01, 0.95)
    low, high = widen(fresh["low"], fresh["high"], rates["error"].iloc[0])
    assert ((low <= 1) & (high >= 1)).mean() >= 0.95


def test_without_a_bias_intervals_miss_as_often_as_they_say() -> None:
    rates = aa_rates(twins_by_dataset(drawn([0.0] * 400), 0.01, 0.95))
    assert 0.02 < rates["missed"].iloc[0] < 0.07


def test_an_unknown_error_shows_nothing() -> None:
    low, high = widen([0.9], [0.95], [np.nan])
    assert np.isnan(low).all() and np.isnan(high).all()


def test_ends_move_apart_by_the_error() -> None:
    _, before, after = median_interval([0.95] * 3 + [0.97] * 17)
    low, high = widen([before], [after], [np.log(1.02)])
    assert low[0] == pytest.approx(before / 1.02)
    assert high[0] == pytest.approx(after * 1.02)


def test_command_line_writes_the_same(tmp_path: Path) -> None:
    frame = drawn([0.0, 0.01])
    path = tmp_path / "one" / "finals.parquet"
    path.parent.mkdir()
    write_table(path, frame[FINALS.names], FINALS)
    out = tmp_path / "aa_rates.parquet"
    assert main(["--finals", str(path), "--out", str(out)]) == 0
    wanted = aa_rates(twins_by_dataset(frame, 0.01, 0.95))
    pd.testing.assert_frame_equal(read_table(out, AA_RATES), wanted, check_dtype=False)
