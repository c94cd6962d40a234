"""Student's interval and p of log ratios over boots."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scripts.serving.student import LEVEL, chance, interval


def test_both_are_student_s():
    logs = np.log([0.95, 0.97, 0.96])
    wanted = stats.ttest_1samp(logs, 0)
    assert interval(logs)[0] == pytest.approx(np.exp(logs.mean()))
    assert interval(logs)[1:] == pytest.approx(np.exp(wanted.confidence_interval(LEVEL)))
    assert chance(logs) == pytest.approx(wanted.pvalue)


def test_one_boot_has_neither():
    assert all(map(math.isnan, interval([0.1])[1:]))
    assert math.isnan(chance([0.1]))


def test_boots_that_agree_to_the_last_bit_leave_nothing_to_chance():
    assert chance([-0.1, -0.1]) == 0.0
    assert chance([0.0, 0.0]) == 1.0


THOUSANDTHS = st.integers(-100, 100).map(lambda one: one / 1000)


@given(st.lists(THOUSANDTHS, min_size=2, max_size=6))
def test_the_interval_leaves_parity_out_where_the_p_says_so(logs: list[float]):
    p, (_, low, high) = chance(logs), interval(logs)
    if abs(p - (1 - LEVEL)) > 1e-9:
        assert (p < 1 - LEVEL) == (low > 1 or high < 1)
