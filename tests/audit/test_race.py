"""The race: the same choice again and again, near the best, for a stated part of the cost."""

import numpy as np
import pytest

from scripts.audit.bench import Problem
from scripts.audit.race import ARGMIN_REPLAYS, BUDGET, MARGIN, Choice, race
from scripts.lib.judging.rivals import REACH
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


def test_order_is_the_callers() -> None:
    us = with_logs({30: 0.0, 12: 0.002, 40: 0.001, 5: 0.03})
    of = layer(us)
    order = np.r_[40, np.delete(ALL, 40)]
    found = [
        race(bench(of, seed, round_sd=0.002), Problem(of.cell(64)), order) for seed in range(9)
    ]
    assert {one.place for one in found} == {40}
    assert {tuple(one.tied) for one in found} == {(40, 12, 30)}


@pytest.mark.parametrize("apart", [0.0, 0.004, 0.012])
def test_rivals_are_what_may_come_out_in_another_process(apart: float) -> None:
    """Places 2 and 7 stand before the best, one outside and one inside of the margin."""
    behind = {2: MARGIN + 0.015, 7: MARGIN - 0.015 / 2, 30: 0.0}
    of = layer(with_logs(behind))
    found = race(bench(of, 1, round_sd=0.001), Problem(of.cell(64)), ALL, apart=apart)
    off = REACH * apart
    rivals = [place for place, log in behind.items() if log - off <= MARGIN or log <= MARGIN]
    sure = [at for at, place in enumerate(rivals) if behind[place] + off <= MARGIN]
    assert list(found.rivals) == (rivals[: sure[0] + 1] if sure else rivals)
    assert found.place == 7
    assert found.place in found.rivals


def test_restarts_in_processes_that_differ_choose_the_same_or_name_it() -> None:
    """Each process puts every tactic elsewhere; without being told, the race names hardly any."""
    rng = np.random.default_rng(5)
    logs = {place: 0.06 * share for place, share in enumerate(rng.random(48))}
    named = {}
    for apart in (0.0, 0.01):
        found = []
        for seed in range(60):
            moved = {place: log + rng.normal(0, 0.01 / 2**0.5) for place, log in logs.items()}
            of = layer(with_logs(moved))
            one = race(bench(of, seed, round_sd=0.002), Problem(of.cell(64)), ALL, apart=apart)
            found.append(one)
        places = [one.place for one in found]
        commonest = max(set(places), key=places.count)
        named[apart] = sum(commonest in one.rivals for one in found) / len(found)
    assert named[0.01] >= 0.95 > named[0.0] + 0.1


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
