"""The interval of a median: how often it holds it, and from how few values there is none."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from scripts.lib.judging.decision import TIE, decide
from scripts.lib.judging.medians import median_interval, median_intervals


def test_median_interval_covers_and_needs_six_values() -> None:
    rng = np.random.default_rng(8)
    hits = 0
    for _ in range(400):
        _, low, high = median_interval(rng.lognormal(size=21), 0.95)
        hits += low <= 1.0 <= high
    assert 0.93 <= hits / 400 <= 1.0
    assert np.isnan(median_interval(np.arange(5.0), 0.95)[1])
    assert median_interval(np.arange(6.0), 0.95) == (2.5, 0.0, 5.0)


@settings(max_examples=60)
@given(count=st.integers(1, 60), level=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_median_interval_is_the_narrowest_that_holds_the_level(count: int, level: float) -> None:
    median, low, high = median_interval(np.arange(float(count)), level)
    held = [
        rank for rank in range(count // 2) if 1 - 2 * stats.binom.cdf(rank, count, 0.5) >= level
    ]
    if not held:
        assert np.isnan(low)
        assert np.isnan(high)
    else:
        assert (low, high) == (max(held), count - 1 - max(held))
        assert low <= median <= high


@given(samples=st.lists(st.floats(0.1, 1e6), min_size=1, max_size=40))
def test_one_sample_and_a_column_of_many_have_the_same_interval(samples: list[float]) -> None:
    padded = np.append(samples, np.nan)[:, None]
    np.testing.assert_equal(median_interval(samples), tuple(median_intervals(padded)[0]))


def test_the_range_of_five_values_would_miss_more_often_than_it_may() -> None:
    values = np.random.default_rng(4).lognormal(size=(5, 20_000))
    missed = ((values.min(axis=0) > 1) | (values.max(axis=0) < 1)).mean()
    assert abs(missed - 1 / 16) < 0.01  # of the 5% that an interval at 95% may miss
    assert decide(*median_interval(values[:, 0] / 1e6)[1:], 0.01) == TIE
