"""The race: the same choice again and again, near the best, for a stated part of the cost."""

import numpy as np
import pytest

from scripts.audit.bench import Problem
from scripts.audit.race import ARGMIN_REPLAYS, BUDGET, MARGIN, Choice, race
from scripts.measure.upstream_method import TIMED, WARM_UP
from tests.audit.invented import TOKENS, bench, layer

ALL = np.arange(48)


def with_logs(logs: dict[int, float]) -> np.ndarray:
    """Tactics half as slow again, but for those given by log units behind the best."""
    us = np.full((len(TOKENS), 48), 150.0)
    for place, log in logs.items():
        us[:, place] = 100.0 * np.exp(log)
    return us


def raced(us: np.ndarray, seed: int, **spread: float) -> Choice:
    of = layer(us)
    return race(bench(of, seed, **spread), Problem(of.cell(64)), ALL)


def test_first_in_order_of_what_is_as_good_as_the_best() -> None:
    us = with_logs({30: 0.0, 12: 0.002, 40: 0.001, 5: 0.03})
    choices = [raced(us, seed, round_sd=0.002) for seed in range(20)]
    assert {one.place for one in choices} == {12}
    assert all(one.decided for one in choices)
    assert {tuple(one.tied) for one in choices} == {(12, 30, 40)}


def test_without_noise_the_choice_follows_from_the_latencies_alone() -> None:
    rng = np.random.default_rng(3)
    for seed in range(20):
        logs = np.r_[0.0, rng.random(47) * 0.05]
        us = np.tile(100 * np.exp(logs), (len(TOKENS), 1))
        found = raced(us, seed, round_sd=0.0, timing_sd=0.0)
        near = np.flatnonzero(logs <= MARGIN)
        # The soft minimum lies below the best, so that fewer may be inside, never more.
        assert found.place in near
        assert found.decided


def test_what_lies_on_the_border_is_named_as_undecided() -> None:
    us = with_logs({30: 0.0})
    us[:, 3] = us[0, 30] * np.exp(MARGIN - 0.0001)
    spread = raced(us, 1, round_sd=0.03)
    assert not spread.decided


@pytest.mark.parametrize("seed", range(5))
def test_cost_stays_within_the_budget(seed: int) -> None:
    found = raced(with_logs({30: 0.0, 3: MARGIN, 7: MARGIN}), seed, round_sd=0.03)
    assert 2 / ARGMIN_REPLAYS < found.cost <= BUDGET


def test_a_tactic_that_does_not_run_is_no_choice() -> None:
    us = with_logs({30: 0.0, 12: 0.001})
    us[:, 12] = np.nan
    assert raced(us, 1).place == 30


def test_a_winner_by_far_takes_two_replays_each() -> None:
    us = with_logs({30: -0.5})
    found = raced(us, 1)
    assert (found.place, found.decided, list(found.tied)) == (30, True, [30])
    assert found.cost == pytest.approx(2 / ARGMIN_REPLAYS)


def test_the_published_method_replays_so_often() -> None:
    assert ARGMIN_REPLAYS == WARM_UP + TIMED
