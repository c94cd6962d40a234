"""Expected improvement against its integral, and its order where it is next to nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from scripts.transfer.gain import (
    gain_of_all,
    greatest_gain,
    greatest_gains,
    log_expected_gain,
    promises_less,
    steady_gain,
)
from scripts.transfer.surrogate import first_lowest

apart = st.floats(-3.0, 3.0)
spread = st.floats(0.01, 1.0)


def one(best: float, mean: float, deviation: float) -> float:
    return float(log_expected_gain(best, np.array([mean]), np.array([deviation]))[0])


@given(apart, spread)
def test_it_is_the_integral_of_the_improvement(mean: float, deviation: float) -> None:
    end = min(0.0, mean + 12 * deviation)
    integral, _ = quad(
        lambda x: -x * norm.pdf(x, mean, deviation), mean - 12 * deviation, end, limit=200
    )
    if integral > 1e-9:
        assert np.exp(one(0.0, mean, deviation)) == pytest.approx(integral, rel=1e-5)


@given(st.floats(0.0, 1e4), st.floats(1.0, 1e4))
def test_configs_far_behind_keep_their_order(behind: float, further: float) -> None:
    near, far = one(0.0, behind, 1.0), one(0.0, behind + further, 1.0)
    assert np.isfinite(near)
    assert near > far


def test_there_is_no_step_where_the_series_begins() -> None:
    before, after = one(0.0, 999.999, 1.0), one(0.0, 1000.001, 1.0)
    assert before - after == pytest.approx(2.0, rel=1e-3)


@given(st.lists(st.tuples(apart, spread), min_size=1, max_size=6))
def test_all_promise_more_than_any_and_less_than_their_sum(
    found: list[tuple[float, float]],
) -> None:
    mean, deviation = np.array(found).T
    each = np.exp(log_expected_gain(0.0, mean, deviation))
    total = gain_of_all(0.0, mean, np.diag(deviation**2))
    # A mean over a few hundred draws.
    allowed = 4.0 * deviation.max() / 16.0
    assert each.max() - allowed <= total <= each.sum() + allowed


def test_copies_of_one_config_promise_as_much_as_one() -> None:
    single = gain_of_all(0.0, np.array([0.1]), np.array([[0.04]]))
    copies = gain_of_all(0.0, np.full(20, 0.1), np.full((20, 20), 0.04))
    independent = gain_of_all(0.0, np.full(20, 0.1), 0.04 * np.eye(20))
    assert copies == pytest.approx(single, rel=0.25)
    assert independent > 3 * single


@pytest.mark.parametrize("seed", range(40))
def test_the_greatest_gain_is_found_without_working_out_all(seed: int) -> None:
    generator = np.random.default_rng(seed)
    for _ in range(25):
        size = int(generator.integers(1, 300))
        mean = generator.normal(0.0, 10.0 ** generator.uniform(-3, 2), size)
        deviation = 10.0 ** generator.uniform(-6, 0.5, size)
        if seed % 2:  # many equal ones
            mean, deviation = mean.round(1), np.full(size, deviation[0])
        allowed = generator.random(size) < 0.8
        allowed[generator.integers(size)] = True
        best = float(generator.normal())
        every = log_expected_gain(best, mean, deviation)
        found = greatest_gain(best, mean, deviation, allowed)
        assert found == first_lowest(-every, allowed)


@pytest.mark.parametrize("seed", range(20))
def test_the_greatest_gains_are_those_of_all_in_their_order(seed: int) -> None:
    draw = np.random.default_rng(seed)
    mean, deviation = draw.normal(0.0, 0.3, 300), draw.uniform(0.01, 0.4, 300)
    mean[10:20], deviation[10:20] = mean[10], deviation[10]  # equals, of which the first counts
    allowed = draw.random(300) < 0.7
    for best, most in ((-0.5, 64), (0.2, 7), (-30.0, 64), (0.0, 300)):
        every = np.where(allowed, log_expected_gain(best, mean, deviation), -np.inf)
        wanted = np.argsort(-every.round(10), kind="stable")[:most]
        wanted = wanted[allowed[wanted]]
        np.testing.assert_array_equal(greatest_gains(best, mean, deviation, allowed, most), wanted)


@pytest.mark.parametrize("size", [1, 8, 9, 40, 64])
def test_a_few_configs_tell_what_all_of_them_would(size: int) -> None:
    draw = np.random.default_rng(size)
    for _ in range(20):
        mean = np.sort(draw.normal(0.1, 0.1, size))
        root = draw.normal(0.0, 0.3 / np.sqrt(size), (size, size))
        covariance = root @ root.T
        promised = gain_of_all(0.0, mean, covariance)
        for than in (0.3 * promised, 0.999 * promised, 1.001 * promised, 3.0 * promised):
            less = promises_less(than, 0.0, mean, lambda few: covariance[:few, :few])  # noqa: B023
            assert less == (promised < than)


def test_where_few_promise_enough_no_more_are_asked() -> None:
    asked = []

    def covariance(few: int) -> np.ndarray:
        asked.append(few)
        return 0.04 * np.eye(few)

    assert not promises_less(0.01, 0.0, np.full(64, 0.1), covariance)
    assert asked == [8]


@given(st.integers(0, 10_000), st.floats(0.0, 2.0))
def test_of_those_next_to_the_greatest_gain_the_first_is_asked(seed: int, within: float) -> None:
    random = np.random.default_rng(seed)
    mean, deviation = random.normal(0.0, 0.1, 200), random.uniform(0.01, 0.1, 200)
    allowed, rank = random.random(200) < 0.7, random.permutation(200)
    best = float(mean[allowed].min() + random.normal(0.0, 0.05))
    gain = log_expected_gain(best, mean, deviation)
    near = [i for i in np.flatnonzero(allowed) if gain[i] >= gain[allowed].max() - within - 1e-9]
    found = steady_gain(best, mean, deviation, allowed, rank, within)
    assert found == min(near, key=lambda place: rank[place])
    greatest = greatest_gain(best, mean, deviation, allowed)
    assert steady_gain(best, mean, deviation, allowed, rank, 0.0) == greatest
