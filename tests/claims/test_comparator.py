"""Bands by regime, standings, Pareto order."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.claims.comparator import Order, Standing, allowed_ratio, compare, stand, worst
from scripts.claims.evidence import Pair
from scripts.lib.files import InputError
from scripts.lib.spec import read_spec

SPEC = read_spec()


def pair(ratio: float, before_us: float = 1000, half: float = 0.002) -> Pair:
    return Pair("d", "two_gemm", ratio, ratio - half, ratio + half, 40, before_us, "")


@pytest.mark.parametrize(
    ("tokens", "before_us", "allowed"),
    [
        (1, 20, 1.1),  # 2 us of 20 are more than 3 %
        (64, 50, 1.04),
        (64, 1000, 1.03),
        (96, 20, 1.03),  # from here on the ratio alone
        (4096, 20, 1.03),
    ],
)
def test_small_m_has_two_microseconds(tokens: int, before_us: float, allowed: float) -> None:
    assert allowed_ratio(tokens, before_us, SPEC) == pytest.approx(allowed)


def test_beyond_the_last_regime_nothing_is_judged() -> None:
    with pytest.raises(InputError, match=r"spec\.yaml: regression: has no regime for 8192"):
        allowed_ratio(8192, 20, SPEC)


@pytest.mark.parametrize(
    ("ratio", "standing"),
    [
        (0.95, Standing.BETTER),
        (0.9885, Standing.EQUAL),  # ends at 0.9905: no win at the margin
        (1.0, Standing.EQUAL),
        (1.027, Standing.EQUAL),
        (1.029, Standing.OPEN),
        (1.031, Standing.OPEN),
        (1.04, Standing.WORSE),
    ],
)
def test_standings(ratio: float, standing: Standing) -> None:
    assert stand(512, pair(ratio), SPEC) == standing


def test_the_same_slow_down_may_be_none_for_few_tokens() -> None:
    assert stand(8, pair(1.06, before_us=20), SPEC) == Standing.EQUAL
    assert stand(512, pair(1.06, before_us=20), SPEC) == Standing.WORSE


def test_an_unknown_interval_is_open() -> None:
    nan = float("nan")
    assert stand(8, Pair("d", "two_gemm", 0.5, nan, nan, 3, 20, ""), SPEC) == Standing.OPEN


def test_of_several_recordings_the_worst_counts() -> None:
    assert worst([Standing.BETTER, Standing.WORSE, Standing.EQUAL]) == Standing.WORSE
    assert worst([Standing.BETTER, Standing.EQUAL]) == Standing.EQUAL
    assert worst([Standing.BETTER]) == Standing.BETTER
    assert worst([]) == Standing.MISSING


def test_all_orders() -> None:
    same, better, equal, worse, unknown = (
        Standing.SAME, Standing.BETTER, Standing.EQUAL, Standing.WORSE, Standing.OPEN,
    )  # fmt: skip
    assert compare([same, better, equal]) == Order.DOMINATES
    assert compare([same, equal]) == Order.EQUAL
    assert compare([same, worse]) == Order.DOMINATED
    assert compare([better, worse]) == Order.INCOMPARABLE
    assert compare([better, unknown]) == Order.UNDECIDED
    assert compare([better, Standing.MISSING]) == Order.UNDECIDED
    assert compare([]) == Order.UNDECIDED


@given(st.lists(st.sampled_from(Standing), max_size=5))
def test_only_a_file_better_somewhere_and_bad_nowhere_dominates(found: list[Standing]) -> None:
    bad = {Standing.WORSE, Standing.OPEN, Standing.MISSING}
    wanted = Standing.BETTER in found and not bad & set(found)
    assert (compare(found) == Order.DOMINATES) == wanted


def test_domination_is_one_sided() -> None:
    for ratio, other in product((0.9, 1.0, 1.1), repeat=2):
        ahead = compare([stand(512, pair(one), SPEC) for one in (ratio, other)])
        back = compare([stand(512, pair(1 / one), SPEC) for one in (ratio, other)])
        assert not (ahead == back == Order.DOMINATES)
