"""Finals to choices: what wins, what ties, when the committed config stays."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.tune.verdict import Choice, Finals, choose

A, B, C, D = "M16-N64-K64-G1-W4-S3", "M32-N64-K64-G1-W4-S3", "M64-N64-K64-G1-W4-S3", "committed"


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
    assert choose(held, {"committed": D}, [A, B]) == choice


def test_too_few_rounds_prove_nothing():
    held = finals([A, D], [9.0, 10.0], rounds=5)
    few = held.ratio(A, D)
    assert few.word(0.01) == "tie"
    assert few.to_json() == {"median": pytest.approx(0.9, abs=1e-3), "low": None, "high": None}
    assert choose(held, {"committed": D}, [A]) == Choice(D, A, "committed")


def test_a_reference_that_is_fastest_is_chosen_by_its_name():
    held = finals([A, B], [10.0, 9.0])
    assert choose(held, {"default": B}, [A]) == Choice(B, A, "default")


def test_a_single_config_has_no_runner_up():
    held = finals([A], [10.0])
    assert held.runner_up(A) is None
    assert choose(held, {}, [A]) == Choice(A, A, None)
