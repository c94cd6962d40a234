"""The surrogate, grown a trial at a time, against the textbook formulas with dense matrices."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scripts.transfer.kernel import NOISE, Array, Covariance, Kernel
from scripts.transfer.surrogate import (
    BELIEVED,
    SLOWER,
    SLOWER_IN_DOUBT,
    Surrogate,
    first_lowest,
)
from tests.transfer.study import LEGAL

KERNEL = Kernel(0.3, (1.0, 2.0, 1.5, 8.0, 3.0, 2.0), 0.05, 0.02)
COVARIANCE = Covariance(KERNEL, LEGAL)
PRIOR = np.stack([COVARIANCE.row(place) for place in range(len(LEGAL))])
EXPECTED = 4.0 + np.arange(len(LEGAL)) / 50.0

trials = st.lists(
    st.tuples(st.integers(0, len(LEGAL) - 1), st.floats(3.0, 6.0), st.floats(0.0, 0.05)),
    min_size=1,
    max_size=40,
    unique_by=lambda trial: trial[0],
)


def grown(found: list[tuple[int, float, float]], expected: Array = EXPECTED) -> Surrogate:
    surrogate = Surrogate(COVARIANCE, expected)
    for place, value, noise in found:
        surrogate.tell(place, value, noise)
    return surrogate


def dense(found: list[tuple[int, float, float]], expected: Array) -> tuple[Array, Array]:
    places = [place for place, _, _ in found]
    noise = [max(noise, NOISE) ** 2 for _, _, noise in found]
    gain = PRIOR[:, places] @ np.linalg.inv(PRIOR[np.ix_(places, places)] + np.diag(noise))
    missed = np.array([value for _, value, _ in found]) - expected[places]
    return expected + gain @ missed, PRIOR - gain @ PRIOR[places]


@given(trials)
def test_mean_and_deviation_are_those_of_the_formulas(
    found: list[tuple[int, float, float]],
) -> None:
    surrogate = grown(found)
    mean, covariance = dense(found, EXPECTED)
    np.testing.assert_allclose(surrogate.mean(), mean, atol=1e-6)
    np.testing.assert_allclose(surrogate.deviation() ** 2, np.diag(covariance), atol=1e-6)
    some = np.array([0, 3, 17, 40])
    np.testing.assert_allclose(surrogate.between(some), covariance[np.ix_(some, some)], atol=1e-6)


@given(trials, st.integers(0, 2**32 - 1), st.sampled_from([SLOWER, SLOWER_IN_DOUBT]))
def test_surprise_is_the_mean_square_of_each_trials_error_before_it(
    found: list[tuple[int, float, float]], seed: int, slower: float
) -> None:
    advice = np.random.default_rng(seed).normal(0.0, 0.1, len(LEGAL))
    errors = []
    for trial in range(1, len(found)):
        place, value, noise = found[trial]
        mean, covariance = dense(found[:trial], EXPECTED + advice)
        variance = covariance[place, place] + max(noise, NOISE) ** 2
        errors.append((value - mean[place]) / np.sqrt(variance))
    wanted = np.sqrt(
        (BELIEVED + np.square(np.minimum(errors, slower)).sum()) / (BELIEVED + len(errors))
    )
    np.testing.assert_allclose(grown(found).surprise(advice, slower), wanted, rtol=1e-4)
    np.testing.assert_allclose(
        grown(found, EXPECTED + advice).surprise(slower=slower), wanted, rtol=1e-4
    )


@given(trials, st.integers(0, 2**32 - 1))
def test_advice_counts_as_if_expected_all_along(
    found: list[tuple[int, float, float]], seed: int
) -> None:
    advice = np.random.default_rng(seed).normal(0.0, 0.1, len(LEGAL))
    amended = grown(found, EXPECTED + advice)
    np.testing.assert_allclose(grown(found).mean(advice), amended.mean(), atol=1e-6)


@given(trials)
def test_a_pending_config_counts_as_measured(found: list[tuple[int, float, float]]) -> None:
    rest = [place for place in range(len(LEGAL)) if place not in {one[0] for one in found}]
    surrogate = grown(found)
    believed = surrogate.deviation(rest[:2])
    for place in rest[:2]:
        surrogate.tell(place, 5.0)
    np.testing.assert_allclose(believed, surrogate.deviation(), atol=1e-7)


def test_without_trials_the_prior_stands() -> None:
    surrogate = Surrogate(COVARIANCE, EXPECTED)
    np.testing.assert_array_equal(surrogate.mean(), EXPECTED)
    np.testing.assert_allclose(surrogate.deviation() ** 2, COVARIANCE.variance)


def test_the_first_of_equals_also_when_the_last_digits_differ() -> None:
    values = np.array([2.0, 1.0 + 1e-13, 1.0, 1.0])
    assert first_lowest(values, np.ones(4, dtype=bool)) == 1
    assert first_lowest(values, np.array([True, False, False, True])) == 3
