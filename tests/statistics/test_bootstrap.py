"""Intervals that cover as often as they say, and that neither order nor company moves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from scripts.lib.files import InputError
from scripts.statistics.bootstrap import (
    ESTIMATE_NAMES,
    Plan,
    draw_counts,
    estimate_means,
    exponentiate,
    quantile_interval,
    widen_certain_rates,
)

QUICK = Plan(resamples=800)


def test_independent_rows_are_covered_as_often_as_the_level_says() -> None:
    rng = np.random.default_rng(5)
    hits = 0
    for study in range(200):
        values = rng.exponential(2.0, size=(60, 1))
        found = estimate_means(values, np.arange(60), QUICK, str(study)).iloc[0]
        hits += found["rows_low"] <= 2.0 <= found["rows_high"]
    assert 0.90 <= hits / 200 <= 0.99


def test_clustered_rows_are_covered_by_the_quoted_interval_but_not_by_rows_alone() -> None:
    rng = np.random.default_rng(6)
    clusters = np.repeat(np.arange(40), 8)
    quoted = by_rows = 0
    for study in range(200):
        shared = rng.normal(0, 1, size=40)[clusters]
        values = (1.0 + shared + rng.normal(0, 0.3, size=len(clusters)))[:, None]
        found = estimate_means(values, clusters, QUICK, str(study)).iloc[0]
        quoted += found["low"] <= 1.0 <= found["high"]
        by_rows += found["rows_low"] <= 1.0 <= found["rows_high"]
        assert found["ci_by"] == "clusters"
    assert 0.90 <= quoted / 200 <= 0.99
    assert by_rows / 200 < 0.80


def test_interval_agrees_with_scipy() -> None:
    values = np.random.default_rng(7).gamma(2.0, size=80)
    ours = estimate_means(values[:, None], np.arange(80), Plan(), "x").iloc[0]
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=10_000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert ours["rows_low"] == pytest.approx(theirs.low, rel=0.01)
    assert ours["rows_high"] == pytest.approx(theirs.high, rel=0.01)


def test_counts_draw_as_many_units_as_there_are() -> None:
    counts = draw_counts(7, 50, np.random.default_rng(0))
    assert counts.shape == (50, 7)
    assert (counts.sum(axis=1) == 7).all()


def test_missing_values_leave_the_mean_of_the_rest() -> None:
    values = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]])
    found = estimate_means(values, ["a", "a", "b"], QUICK, "x")
    assert list(found["n"]) == [2, 0]
    assert list(found["clusters"]) == [1, 0]
    assert found.loc[0, "mean"] == 2.0
    assert 1.0 <= found.loc[0, "low"] <= 2.0 <= found.loc[0, "high"] <= 3.0
    assert np.isnan(found.loc[1, "mean"])
    assert np.isnan(found.loc[1, "low"])


@settings(max_examples=40)
@given(
    values=st.lists(st.floats(0.1, 1e3), min_size=2, max_size=30),
    files=st.integers(1, 5),
    seed=st.integers(0, 10),
)
def test_the_quoted_interval_is_the_wider_and_the_same_each_time(
    values: list[float], files: int, seed: int
) -> None:
    column = np.array(values)[:, None]
    clusters = np.arange(len(values)) % files
    plan = Plan(resamples=200, seed=seed)
    found = estimate_means(column, clusters, plan, "x")
    assert found.equals(estimate_means(column, clusters, plan, "x"))
    row = found.iloc[0]
    rows_width = row["rows_high"] - row["rows_low"]
    clusters_width = row["clusters_high"] - row["clusters_low"]
    assert row["high"] - row["low"] == max(rows_width, clusters_width)
    assert list(found.columns) == ESTIMATE_NAMES
    slack = 1e-9 * max(values)
    assert min(values) - slack <= row["low"] <= row["high"] <= max(values) + slack


def test_one_file_alone_is_quoted_by_rows() -> None:
    column = np.arange(10.0)[:, None]
    row = estimate_means(column, ["f"] * 10, QUICK, "x").iloc[0]
    assert row["clusters_low"] == row["clusters_high"] == row["mean"]
    assert row["ci_by"] == "rows"


def test_a_certain_rate_gets_the_exact_binomial_interval() -> None:
    values = np.column_stack([np.zeros(40), np.ones(40), np.arange(40) % 2])
    found = widen_certain_rates(estimate_means(values, np.arange(40), QUICK, "x"), 0.95)
    for row, successes in zip(found.itertuples(), (0, 40), strict=False):
        exact = stats.binomtest(successes, 40).proportion_ci(0.95, method="exact")
        assert (row.low, row.high) == pytest.approx((exact.low, exact.high))
        assert row.ci_by == "exact"
    assert found.loc[2, "ci_by"] in ("rows", "clusters")


def test_geometric_mean_is_the_exponential_of_the_mean_logarithm() -> None:
    values = np.log(np.array([[1.0], [4.0]]))
    found = exponentiate(estimate_means(values, ["a", "b"], QUICK, "x")).iloc[0]
    assert found["mean"] == pytest.approx(2.0)
    assert (found["low"], found["high"]) == pytest.approx((1.0, 4.0))


@pytest.mark.parametrize("wrong", [{"level": 0.0}, {"level": 1.0}, {"resamples": 0}])
def test_a_plan_without_an_interval_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        Plan(**wrong)  # type: ignore[arg-type]


def test_the_interval_of_a_quantile_is_made_of_values_and_the_wider_one() -> None:
    values = np.array([1.0] * 40 + [2.0] * 15 + [9.0] * 4 + [np.inf])
    alone = quantile_interval(values, np.arange(60), 0.5, Plan(2000), "one")
    assert alone[0] == 1.0
    assert alone[1] in (1.0, 2.0)
    late = quantile_interval(values, np.arange(60), 0.95, Plan(2000), "one")
    assert late[0] in values
    assert late[1] in (9.0, np.inf)
    # Files that hold one value each: resampling files is wider.
    files = np.repeat(np.arange(6), 10)
    by_file = quantile_interval(np.sort(values), files, 0.5, Plan(2000), "one")
    assert by_file[1] - by_file[0] >= alone[1] - alone[0]
    assert by_file == quantile_interval(np.sort(values), files, 0.5, Plan(2000), "one")
