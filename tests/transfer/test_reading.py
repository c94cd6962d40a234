"""What a run is worth: regret, trials, the score between chance and the optimum."""

from itertools import combinations
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.schemas.search import BUDGETS, SEARCHES
from scripts.transfer.reading import by_chance, reading, score
from scripts.transfer.strategies.random_search import RandomSearch
from scripts.transfer.strategy import FixedOrder, search
from tests.transfer.recorded import recording
from tests.transfer.study import CELLS_SMALL, LEGAL

CELL = CELLS_SMALL[1]
ONE = recording(CELL, failed=[LEGAL.configs[0]])
CHANCE = by_chance(ONE.regrets)
BEST = LEGAL.configs[int(np.nanargmin(ONE.latency_us))]

regrets = st.lists(st.floats(1.0, 4.0), min_size=2, max_size=8).map(
    lambda found: np.array([1.0, *found])
)


def read(configs: list[Config], trials: int = 128) -> dict[str, object]:
    steps = search(FixedOrder(configs), ONE, CELL, Budget(trials))
    return reading(steps, ONE, CHANCE)


@given(regrets)
def test_chance_is_the_mean_over_all_draws(regret: np.ndarray) -> None:
    for k, mean in enumerate(by_chance(regret), start=1):
        every = [min(draw) for draw in combinations(regret.tolist(), k)]
        assert mean == pytest.approx(fmean(every))


@given(st.integers(0, 2**32 - 1))
def test_the_score_of_chance_is_none_and_of_the_optimum_one(seed: int) -> None:
    steps = np.random.default_rng(seed).uniform(0.01, 0.1, size=200)
    chance = by_chance(1.0 + np.cumsum([0.0, *steps]))
    assert score(chance, chance) == pytest.approx(0.0, abs=1e-9)
    assert score(np.ones(1), chance) == 1.0
    assert score(np.full(128, 1e3), chance) < -1.0


def test_random_search_scores_as_chance_does() -> None:
    runs = [search(RandomSearch(LEGAL, CELL, seed), ONE, CELL, Budget(128)) for seed in range(200)]
    scores = [float(reading(steps, ONE, CHANCE)["score"]) for steps in runs]
    assert abs(fmean(scores)) < 0.1


def test_the_columns_are_those_of_the_table() -> None:
    keys = {"cell_id", "strategy", "source", "seed"}
    assert set(read([BEST])) == set(SEARCHES.names) - keys


def test_a_run_that_begins_with_the_best() -> None:
    found = read([BEST, LEGAL.configs[20]])
    assert (found["trials"], found["trials_to_2pct"], found["score"]) == (2, 1, 1.0)
    assert all(found[f"regret_{k}"] == 1.0 and found[f"tied_{k}"] for k in BUDGETS)


def test_a_run_whose_first_trial_fails() -> None:
    found = read([LEGAL.configs[0], BEST])
    assert (found["regret_1"], found["tied_1"], found["regret_2"]) == (None, False, 1.0)
    assert (found["trials_to_2pct"], found["gpu_seconds_to_2pct"]) == (2, 2.0)


def test_a_budget_of_nothing() -> None:
    found = read([BEST], trials=0)
    assert (found["trials"], found["gpu_seconds"], found["score"]) == (0, 0.0, 0.0)
    assert {found[f"regret_{k}"] for k in BUDGETS} == {None}


def test_a_budget_beyond_the_space_ends_with_the_space() -> None:
    found = read(list(LEGAL.configs), trials=10_000)
    assert found["trials"] == len(LEGAL)
    assert found["regret_128"] == 1.0


def test_an_unrecorded_config_is_a_trial_that_found_nothing() -> None:
    found = read([Config(32, 16, 256, 4, 2, 2)])
    assert (found["trials"], found["regret_128"], found["gpu_seconds"]) == (1, None, 0.0)


@given(st.permutations(LEGAL.configs))
def test_regret_never_rises(order: list[Config]) -> None:
    found = read(order)
    seen = [found[f"regret_{k}"] for k in BUDGETS]
    known = [value for value in seen if isinstance(value, float)]
    assert known == sorted(known, reverse=True)
    assert min(known) >= 1.0
