"""Finals that end early: when, and that nothing is decided by looking often."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.lib.config import parse_id
from scripts.runtime.racing import Race, decided, every_two, first_slots, of_fastest
from tests.runtime.eager import CONDITIONS, QUICK, EagerBackend, EagerOp
from tests.runtime.test_tasks import cell

FIRST, SECOND = (parse_id(f"M16-N{n}-K64-G1-W4-S3").to_entry() for n in (64, 128))


def samples(ratio: float, noise: float, rounds: int, seed: int = 1) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(1, noise, (rounds, 2))
    return 100 * drawn * [1.0, ratio]


def test_twins_are_not_told_apart():
    assert first_slots([FIRST, SECOND, FIRST, FIRST]) == [0, 1]
    assert decided(samples(1.0, 0.5, 12), every_two([0]), 0.01)


@pytest.mark.parametrize(("ratio", "noise", "ends"), [
    (1.10, 0.01, True),  # far apart, however noisy
    (1.00, 0.0005, True),  # alike, and shown to be
    (1.005, 0.0005, True),  # within the margin, and known to a fraction of it
    (1.01, 0.02, False),
])  # fmt: skip
def test_a_pair_is_decided_when_its_interval_is_narrow_or_beyond_the_margin(ratio, noise, ends):
    assert decided(samples(ratio, noise, 12), [(0, 1)], 0.01) is ends


def test_what_is_beyond_the_margin_at_one_look_alone_does_not_end_the_finals():
    """Ten rounds of twelve are beyond it: enough at 95%, not for all looks together."""
    ratios = np.array([*np.linspace(1.011, 1.05, 10), 1.0, 1.0])
    us = np.stack([np.full(12, 100.0), 100.0 * ratios], axis=1)
    assert decided(us, [(0, 1)], 0.01)
    assert not decided(us, [(0, 1)], 0.01, Race(least=12).level)
    assert decided(samples(1.1, 0.01, 12), [(0, 1)], 0.01, Race(least=12).level)


def test_slow_configs_need_not_be_told_from_each_other_where_only_the_fastest_counts():
    """The second and third differ by noise of 2%, the first is ahead of both by far."""
    third = parse_id("M16-N256-K64-G1-W4-S3").to_entry()
    drawn = np.random.default_rng(3).normal(1, 0.02, (12, 3))
    us = 100 * drawn * [1.2, 1.0, 1.2]
    assert set(of_fastest(us, [0, 1, 2])) == {(0, 1), (2, 1)}
    entries = [FIRST, SECOND, third]
    assert Race(least=12, among_all=False).over(entries, us.tolist())
    assert not Race(least=12).over(entries, us.tolist())


def test_looks_begin_at_twenty_rounds_and_come_every_four():
    race, entries = Race(), [FIRST, SECOND]
    us = samples(1.5, 0.001, 40)
    ends = [rounds for rounds in range(2, 41, 2) if race.over(entries, us[:rounds].tolist())]
    assert ends == [20, 24, 28, 32, 36, 40]


def test_equals_are_called_different_no_more_often_than_by_one_look():
    """Of 400 pairs of equals with 0.4% noise: an end of the finals is no win by itself."""
    race, entries, wrong = Race(), [FIRST, SECOND], 0
    for seed in range(400):
        us = samples(1.0, 0.004, 40, seed)
        rounds = next((n for n in range(20, 41, 4) if race.over(entries, us[:n].tolist())), 40)
        ratio = us[:rounds, 1] / us[:rounds, 0]
        low, high = np.quantile(ratio, [0.0, 1.0])
        wrong += low > 1.01 or high < 0.99
    assert wrong == 0


class Recording:
    """A worker's operator with a race that says when it was asked."""

    def __init__(self, ends: int) -> None:
        self.asked: list[int] = []
        self._ends = ends

    def over(self, entries, rows) -> bool:
        self.asked.append(len(rows))
        return len(rows) >= self._ends


def test_the_operators_finals_end_when_the_race_is_over_and_use_what_trials_captured():
    from scripts.runtime.tasks import OpWorker

    race, op = Recording(4), EagerOp()
    worker = OpWorker(QUICK, CONDITIONS, EagerBackend(), op, race)
    worker(("open", cell("bf16"), FIRST))
    worker(("trial", SECOND, None))
    held = dict(worker._captured)
    timers = worker._finalists([FIRST, SECOND, FIRST])
    assert timers[:2] == list(held.values())
    assert timers[2] not in timers[:2]  # a twin has a graph of its own
    assert len(worker(("finals", [FIRST, SECOND, FIRST]))["us"]) == 4 < QUICK.rounds
    assert race.asked == [2, 4]
    worker(("open", cell("bf16"), SECOND))
    assert len(worker._captured) == 1  # nothing of the cell before
