"""Finals to choices: what wins, what ties, when the committed config stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.config import parse_id
from scripts.lib.judging.medians import LEVEL
from scripts.runtime.racing import Race
from scripts.tune.verdict import RACE, Choice, Finals, choose

A, B, C, D = "M16-N64-K64-G1-W4-S3", "M32-N64-K64-G1-W4-S3", "M64-N64-K64-G1-W4-S3", "committed"
RANK = {A: 0, B: 1, C: 2}


def finals(slots, medians, noise=1e-4, rounds=40, drift=0.0):
    random = np.random.default_rng(0)
    us = np.array(medians) * (1 + random.normal(0, noise, (rounds, len(medians))))
    return Finals(slots, (us * (1 + drift * np.arange(rounds))[:, None]).tolist())


def test_the_fastest_wins_and_what_is_near_ties():
    held = finals([A, B, C], [10.0, 10.05, 10.4])
    assert held.best() == A
    assert list(held.ties(A, 0.01)) == [A, B]
    assert held.runner_up(A) == B
    assert held.ratio(C, A).median == pytest.approx(1.04, abs=1e-3)
    assert held.ratio(C, A).word(0.01) == "loss" and held.ratio(A, C).word(0.01) == "win"


def test_a_slow_spell_that_hits_all_alike_decides_nothing():
    held = finals([A, B], [10.0, 10.2], drift=0.05)
    assert held.best() == A
    assert list(held.ties(A, 0.01)) == [A]


def test_twins_stand_for_one_config_by_their_first_slot():
    held = finals([A, B, A], [10.0, 11.0, 50.0])
    assert held.configs == [A, B]
    assert held.median_us(A) == pytest.approx(10.0, abs=0.01)


@pytest.mark.parametrize(
    ("committed_us", "choice"),
    [
        (9.999, Choice(D, A, "committed")),  # not surely slower: it stays
        (9.5, Choice(D, A, "committed")),
        (10.5, Choice(A, A, None)),
    ],
)
def test_the_committed_config_stays_unless_another_is_surely_faster(committed_us, choice):
    held = finals([A, B, D], [10.0, 10.2, committed_us], noise=1e-3)
    assert choose(held, {"committed": D}, [A, B], RANK) == choice


def test_too_few_rounds_prove_nothing():
    held = finals([A, D], [9.0, 10.0], rounds=5)
    few = held.ratio(A, D)
    assert few.word(0.01) == "tie"
    assert few.to_json() == {"median": pytest.approx(0.9, abs=1e-3), "low": None, "high": None}
    assert choose(held, {"committed": D}, [A], RANK) == Choice(D, A, "committed")


def test_a_reference_that_is_fastest_is_chosen_by_its_name():
    held = finals([A, B], [10.0, 9.0])
    assert choose(held, {"default": B}, [A], {A: 0}) == Choice(B, A, "default")


def test_a_single_config_has_no_runner_up():
    held = finals([A], [10.0])
    assert held.runner_up(A) is None
    assert choose(held, {}, [A], RANK) == Choice(A, A, None)


@pytest.mark.parametrize("faster", [A, B])
def test_of_two_equals_the_one_of_greater_merit_is_chosen_whichever_came_out_faster(faster):
    held = finals([A, B, C], [10.0 + 0.005 * (faster == B), 10.0 + 0.005 * (faster == A), 10.2],
                  noise=2e-3)  # fmt: skip
    for rank, first in (({A: 0, B: 1, C: 2}, A), ({C: 0, B: 1, A: 2}, B)):
        assert choose(held, {}, [A, B, C], rank) == Choice(first, first, None)


def test_merit_does_not_take_what_is_shown_to_be_slower():
    held = finals([A, B], [10.0, 10.1], noise=2e-3)
    assert choose(held, {}, [A, B], {B: 0, A: 1}).config == A


def test_merit_does_not_cost_a_win_over_the_committed_config():
    """B is as fast as A by its interval, yet not surely faster than the committed config."""
    us = np.full((40, 3), 10.0)
    us[:, 1] = np.where(np.arange(40) % 2, 9.985, 10.015)  # around A
    us[:, 2] = 10.01
    held = Finals([A, B, D], us.tolist())
    assert held.first_of_best({B: 0, A: 1}, [A, B]) == B
    assert not held.ratio(B, D).high < 1.0
    assert choose(held, {"committed": D}, [A, B], {B: 0, A: 1}) == Choice(A, B, None)


def test_what_finals_held_anew_may_choose_is_named():
    held = finals([A, B, C], [10.0, 10.06, 10.5], noise=1e-3)
    assert held.rivals(None, apart=0.0) == [A]
    assert held.rivals(None, apart=0.002) == [A, B]  # as far as another process may put it
    assert held.rivals(None, apart=0.03) == [A, B, C]
    assert held.rivals(None, apart=0.0) == finals([A, B, C], [1.0, 1.006, 1.05], 1e-3).rivals(
        None, apart=0.0
    )


def test_a_committed_config_that_might_stay_is_named():
    near = finals([A, D], [10.0, 10.03], noise=2e-3)
    assert choose(near, {"committed": D}, [A], RANK).config == A
    assert near.rivals(D, apart=0.002) == [A, D]
    assert near.rivals(None, apart=0.0) == [A]
    assert finals([A, D], [10.0, 10.9], noise=2e-3).rivals(D) == [A]


@given(st.integers(0, 2**32 - 1), st.floats(-0.006, 0.006), st.floats(0.001, 0.01))
def test_two_finals_of_the_same_configs_choose_what_the_other_names(seed, behind, noise):
    random = np.random.default_rng(seed)
    us = 10.0 * np.exp([0.0, behind, 2 * behind])
    pair = [
        Finals([A, B, D], (us * np.exp(random.normal(0, noise, (24, 3)))).tolist())
        for _ in range(2)
    ]
    chosen = [choose(held, {"committed": D}, [A, B], RANK).config for held in pair]
    for held, other in zip(pair, chosen[::-1], strict=True):
        assert other in held.rivals(D)


def test_of_too_few_rounds_all_are_rivals():
    assert finals([A, B, C], [10.0, 11.0, 12.0], rounds=5).rivals(None) == [A, B, C]


ALL = [f"M{m}-N64-K64-G1-W4-S3" for m in (16, 32, 64, 128, 256)] + ["M16-N128-K64-G1-W4-S3"]


def raced(us, race):
    """Rounds that are held until the race is over."""
    entries = [parse_id(name).to_entry() for name in ALL]
    ends = (n for n in range(2, len(us), 2) if race.over(entries, us[:n].tolist()))
    return us[: next(ends, len(us))].tolist()


@pytest.mark.parametrize("race", [RACE, Race()], ids=["tune", "judge"])
@pytest.mark.parametrize("noise", [0.003, 0.03])
def test_among_equals_no_more_than_one_in_twenty_is_called_faster_or_slower(race, noise):
    """The last of six is the committed config; finals end early where they are quiet."""
    random, count = np.random.default_rng(7), 400
    false = {"word": 0, "any": 0, "replaced": 0, "replaced at 95%": 0}
    for _ in range(count):
        us = raced(100 * np.exp(random.normal(0, noise, (race.most, len(ALL)))), race)
        held, one_look = Finals(ALL, us, race.level), Finals(ALL, us, LEVEL)
        known = {"committed": ALL[-1]}
        false["word"] += held.shown(ALL[0], ALL[-1]).word(0.01) != "tie"
        false["any"] += held.shown(ALL[0], ALL[-1]).word(0.0) != "tie"
        false["replaced"] += choose(held, known, ALL[:-1], {}).config != ALL[-1]
        false["replaced at 95%"] += choose(one_look, known, ALL[:-1], {}).config != ALL[-1]
    assert max(false["word"], false["any"], false["replaced"]) <= 0.05 * count
    assert false["replaced at 95%"] > false["replaced"]
