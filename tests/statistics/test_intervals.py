"""Percentile and BCa intervals against scipy's, quantiles against numpy's, and which is quoted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scripts.statistics.bootstrap import Floats, Plan, draw_counts, replicate
from scripts.statistics.intervals import (
    NAMES,
    WAYS,
    ends_of,
    estimates,
    quote_widest,
    widen_certain,
)
from scripts.statistics.replicates import deviates, effective, means, quantiles, resample

PLAN = Plan(resamples=2000)
ROWS = np.random.default_rng(0).exponential(size=(40, 1))


def theirs(statistic: object, method: str, *data: Floats) -> list[float]:
    found = stats.bootstrap(
        data,
        statistic,
        n_resamples=PLAN.resamples,
        paired=len(data) > 1,
        vectorized=False,
        method=method,
        rng=np.random.default_rng(1),
    )
    return list(found.confidence_interval)


@pytest.mark.parametrize("method", ["percentile", "BCa"])
@pytest.mark.parametrize("name", ["mean", "median"])
def test_rows_give_the_intervals_of_scipy(name: str, method: str) -> None:
    units = np.arange(len(ROWS))
    own = means(ROWS, units) if name == "mean" else quantiles(ROWS, units, [0.5])
    ours = resample(own, len(ROWS), PLAN, np.random.default_rng(1))
    ends = deviates(PLAN.level)
    found = ours.percentile(ends) if method == "percentile" else ours.corrected(ends)
    assert found[:, 0] == pytest.approx(theirs(getattr(np, name), method, ROWS[:, 0]), rel=1e-9)


@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_files_give_the_intervals_of_scipy_over_their_sums(method: str) -> None:
    files = np.repeat(np.arange(8), [2, 9, 4, 5, 8, 3, 6, 3])
    whole = np.round(ROWS * 64) / 64  # whose sums no order of addition changes
    sums, counts = np.bincount(files, whole[:, 0]), np.bincount(files).astype(float)
    ours = resample(means(whole, files), 8, PLAN, np.random.default_rng(1))
    ends = deviates(PLAN.level)
    found = ours.percentile(ends) if method == "percentile" else ours.corrected(ends)
    ratio = theirs(lambda x, n: x.sum() / n.sum(), method, sums, counts)
    assert found[:, 0] == pytest.approx(ratio, rel=1e-9)


def test_blocks_draw_what_all_at_once_draws() -> None:
    units = 500  # several blocks
    all_at_once = draw_counts(units, 700, np.random.default_rng(3)) @ np.arange(units)[:, None]
    blocks = replicate(
        lambda w: w @ np.arange(units)[:, None], units, 700, np.random.default_rng(3)
    )
    assert np.array_equal(blocks, all_at_once)


@given(
    st.lists(st.integers(-50, 50), min_size=1, max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_weighted_quantiles_are_those_of_the_repeated_values(values: list[int], seed: int) -> None:
    column = np.array(values, dtype=float)
    weights = np.random.default_rng(seed).integers(0, 4, len(values)).astype(float)
    found = quantiles(column[:, None], np.arange(len(column)), [0.25, 0.5, 0.75])(weights[None])
    repeated = np.repeat(column, weights.astype(int))
    if not len(repeated):
        assert np.isnan(found).all()
        return
    expected = np.quantile(repeated, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
    assert found[0] == pytest.approx(expected)


def test_quantiles_of_many_resamples_are_those_of_each_by_itself() -> None:
    generator = np.random.default_rng(5)
    values = np.column_stack([generator.random(40), np.full(40, np.nan)])
    values[::3, 0] = np.nan
    units = generator.integers(0, 6, 40)
    statistic = quantiles(values, units, [0.25, 0.5])
    weights = generator.integers(0, 3, (5000, 6)).astype(float)
    weights[7] = 0.0  # nothing drawn: no quantile
    together = statistic(weights)
    for place in (0, 7, 8, 4999):
        np.testing.assert_array_equal(together[place], statistic(weights[[place]])[0])
    rows = np.repeat(values[:, 0], weights[8][units].astype(int))
    expected = np.nanquantile(rows, [0.25, 0.5], method="averaged_inverted_cdf")
    assert together[8].tolist()[:2] == pytest.approx(expected)
    assert np.isnan(together[:, 2:]).all()
    assert np.isnan(together[7]).all()


def test_missing_values_do_not_enter_and_an_absent_metric_has_no_figure() -> None:
    values = np.column_stack([ROWS[:, 0], np.full(len(ROWS), np.nan)])
    values[:10, 0] = np.nan
    files = np.repeat(np.arange(10), 4)
    found = estimates([ends_of(values, files, means, [0, 1], PLAN, "x")])
    assert list(found.columns) == NAMES
    assert found["value"].iloc[0] == pytest.approx(ROWS[10:, 0].mean())
    assert (found["n"].iloc[0], found["files"].iloc[0]) == (30, 8)
    assert found["n"].iloc[1] == 0
    assert found.loc[1, ["value", "low", "high"]].isna().all()
    assert found["ci_by"].iloc[1] == "none"


def test_the_widest_of_the_four_is_quoted() -> None:
    files = np.repeat(np.arange(10), 4)
    shared = np.random.default_rng(2).normal(size=10)[files][:, None]
    found = estimates([ends_of(shared, files, means, [0], PLAN, "x")]).iloc[0]
    widths = {way: found[f"{way}_high"] - found[f"{way}_low"] for way in WAYS}
    assert found["ci_by"] == max(widths, key=lambda way: widths[way])
    assert found["ci_by"].startswith("clusters")
    assert found["high"] - found["low"] == max(widths.values())


def test_one_file_leaves_the_rows_and_is_not_held() -> None:
    found = estimates([ends_of(ROWS, np.zeros(len(ROWS), dtype=int), means, [0], PLAN, "x")]).iloc[
        0
    ]
    assert found["ci_by"].startswith("rows")
    assert np.isnan(found["clusters_low"])
    assert not found["held"]


def test_values_all_alike_give_no_interval() -> None:
    found = estimates([ends_of(np.full((20, 1), 3.0), np.arange(20), means, [0], PLAN, "x")]).iloc[
        0
    ]
    assert found["value"] == 3.0
    assert found["ci_by"] == "none"
    assert np.isnan(found["low"])


def test_a_certain_rate_has_the_exact_interval() -> None:
    frame = pd.DataFrame({f"{way}_{end}": [1.0, 0.0] for way in WAYS for end in ("low", "high")})
    about = {"value": [1.0, 0.0], "n": 20, "files": 20}
    found = widen_certain(quote_widest(frame.assign(**about)), 0.95)
    exact = stats.binomtest(20, 20).proportion_ci(0.95)
    assert list(found["ci_by"]) == ["exact", "exact"]
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx([exact.low, 1.0])
    assert found.loc[1, ["low", "high"]].tolist() == pytest.approx([0.0, 1 - exact.low])


def test_files_of_one_size_count_each_and_a_large_one_counts_for_less() -> None:
    values = np.zeros((12, 2))
    values[3:, 1] = np.nan  # a metric that one file alone has
    even = effective(values, np.repeat(np.arange(4), 3))
    assert even == pytest.approx([4, 1])
    uneven = effective(values, np.repeat(np.arange(4), [9, 1, 1, 1]))
    assert uneven[0] == pytest.approx(144 / 84)


def test_tails_move_out_as_t_asks_and_few_units_tell_nothing() -> None:
    low, high = deviates(0.95, np.array([5.0, 1e9, 1.0]))
    assert high[0] == pytest.approx(stats.t.ppf(0.975, 4) * np.sqrt(5 / 4))
    assert high[1] == pytest.approx(stats.norm.ppf(0.975), abs=1e-6)
    assert np.isnan(high[2])
    assert np.array_equal(low, -high, equal_nan=True)
