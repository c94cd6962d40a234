"""Looks at finals that end once they decide."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from scripts.lib.judging.looks import EVERY, LEAST, level, looks
from scripts.lib.judging.medians import LEVEL


@pytest.mark.parametrize(("rounds", "number"), [(10, 1), (20, 1), (21, 2), (24, 2), (40, 6)])
def test_there_is_a_look_at_the_least_rounds_and_every_few_and_at_the_end(rounds, number):
    assert looks(rounds) == number


def test_looks_of_another_race_and_the_level_of_their_intervals():
    assert looks(40, least=12, every=4) == 8
    assert level(1) == LEVEL
    assert 1 - level(8) == pytest.approx((1 - LEVEL) / 8)


def test_a_sign_test_that_may_end_early_keeps_its_level_only_if_looks_are_counted():
    """Rounds of equals, the finals ended at the look that is best for a rejection."""
    slower = np.random.default_rng(1).random((20_000, 40)) < 0.5
    ends = np.arange(LEAST, 41, EVERY)
    counts = np.cumsum(slower, axis=1)[:, ends - 1]
    least = special.bdtrc(counts - 1, ends, 0.5).min(axis=1)
    assert (least <= 0.05).mean() > 0.06
    assert (least * looks(40) <= 0.05).mean() <= 0.05
