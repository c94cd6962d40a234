"""S6 follows the predictor's order; S8's picks cover the recorded cells."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scripts.transfer.strategies.s6_predicted import Predicted
from scripts.transfer.strategies.s8_portfolio import Portfolio, cover
from scripts.transfer.strategy import Strategy
from tests.transfer.study import LEGAL

seeds = st.integers(0, 2**32 - 1)


def asked(strategy: Strategy) -> list[int]:
    return [LEGAL.index[config] for _ in LEGAL.configs if (config := strategy.ask()) is not None]


@given(st.permutations(range(len(LEGAL))))
def test_the_first_named_is_the_first_tried(place: list[int]) -> None:
    order = asked(Predicted(LEGAL, np.array(place, dtype=float)))
    assert [place[index] for index in order] == sorted(place)


@given(seeds)
def test_the_cover_is_within_1_minus_1_over_e_of_the_best_pair(seed: int) -> None:
    regret = np.random.default_rng(seed).uniform(0.0, 0.7, size=(6, 9))
    weight = np.full(6, 1 / 6)
    picked = cover(regret, weight, 2)

    def gain(columns: list[int]) -> float:
        return 0.7 - float(weight @ regret[:, columns].min(axis=1))

    best = max(gain(list(pair)) for pair in combinations(range(9), 2))
    assert gain(picked) >= (1 - 1 / np.e) * best - 1e-12


def test_each_pick_serves_those_whom_the_others_do_not() -> None:
    regret = np.array([[0.0, 0.5, 0.1], [0.5, 0.0, 0.1], [0.6, 0.0, 0.1]])
    assert cover(regret, np.array([1.0, 1.0, 1.0]), 3) == [2, 1, 0]
    assert cover(regret, np.array([0.0, 1.0, 1.0]), 1) == [1]


def test_cells_that_do_not_count_do_not_choose() -> None:
    regret = np.array([[0.0, 0.6], [0.6, 0.0]])
    assert cover(regret, np.array([1.0, 0.0]), 1) == [0]
    assert cover(regret, np.array([0.0, 1.0]), 1) == [1]


@given(seeds)
def test_every_legal_config_comes_once_the_picks_first(seed: int) -> None:
    regret = np.random.default_rng(seed).uniform(0.0, 0.7, size=(5, len(LEGAL)))
    weight = np.ones(5)
    order = asked(Portfolio(LEGAL, regret, weight))
    assert sorted(order) == list(range(len(LEGAL)))
    assert order[:4] == cover(regret, weight, 4)
