"""The order of asking and telling, and how searches end; no process is started."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.shape import Cell, parse_shape
from scripts.transfer.legal import LegalSpace
from scripts.transfer.oracle import Trial
from scripts.transfer.strategy import FixedOrder
from scripts.tune.turns import MOST_ASKED, End, Search, search_in_turns

SHAPE = parse_shape("E8-N3584-K4096-top2-bf16")
CONFIGS = [Config(m, n, 64, g, 4, 3) for m, n, g in product((16, 32, 64), (64, 128), (1, 16))]
LEGAL = LegalSpace(CONFIGS)
LOST = Trial(Outcome.NOT_MEASURED, None, 0.0, NotMeasured.OUT_OF_MEMORY)


def cell(tokens: int) -> Cell:
    return Cell("NVIDIA_H200", SHAPE, tokens)


def us(config: Config) -> float:
    return float(config.block_size_m + config.block_size_n + config.group_size_m)


class ToldOrder(FixedOrder):
    """Notes what it is told; ``ends_after`` so many configs, as a search does at its margin."""

    def __init__(self, configs, ends_after=None):
        super().__init__(configs[:ends_after])
        self.told = []

    def tell(self, config, trial):
        self.told.append(config)


class Noted:
    """A bench that answers at once and notes all that it is asked, in order."""

    def __init__(self, failing=(), lost=()):
        self.log, self.failing, self.lost = [], set(failing), set(lost)

    def prepare(self, cell, configs):
        self.log += [("prepare", cell.tokens, config) for config in configs]

    def measure(self, cell, config):
        self.log.append(("measure", cell.tokens, config))
        if cell.tokens in self.lost:
            return LOST
        if config in self.failing:
            return Trial(Outcome.COMPILE_ERROR, None, 0.0, "no")
        return Trial(Outcome.CORRECT, us(config), 0.01, half_us=0.1)


def search(tokens=1, budget=100, ends_after=None) -> Search:
    return Search("all", cell(tokens), LEGAL, ToldOrder(CONFIGS, ends_after), Budget(budget))


@given(st.lists(st.integers(1, 14), min_size=1, max_size=6), st.integers(1, 20))
def test_all_that_is_asked_is_prepared_before_it_is_measured_and_told_once(ends, budget):
    bench, searches = Noted(), [search(n, budget, e) for n, e in enumerate(ends, start=1)]
    search_in_turns(searches, bench)
    prepared = [entry[1:] for entry in bench.log if entry[0] == "prepare"]
    measured = [entry[1:] for entry in bench.log if entry[0] == "measure"]
    assert sorted(prepared, key=str) == sorted(measured, key=str)
    assert len(set(measured)) == len(measured)
    for entry in measured:
        assert bench.log.index(("prepare", *entry)) < bench.log.index(("measure", *entry))
    for one, end in zip(searches, ends, strict=True):
        wanted = min(end, budget, len(CONFIGS))
        assert one.strategy.told == CONFIGS[:wanted] == [config for config, _ in one.steps]


@given(st.integers(1, 40))
def test_no_search_asks_more_than_eight_at_a_turn_and_none_waits_for_ever(count):
    bench = Noted()
    search_in_turns([search(n) for n in range(count)], bench)
    waiting, most = dict.fromkeys(range(count), 0), 0
    for what, tokens, _ in bench.log:
        waiting[tokens] += 1 if what == "prepare" else -1
        most = max(most, waiting[tokens])
    assert 1 <= most <= MOST_ASKED
    assert not any(waiting.values())


def test_others_measure_while_what_a_search_asked_is_made_ready():
    bench = Noted()
    search_in_turns([search(n) for n in range(18)], bench)
    first = bench.log.index(("measure", 0, CONFIGS[0]))
    assert {entry[1] for entry in bench.log[:first]} == set(range(18))


@pytest.mark.parametrize(
    ("made", "end"),
    [
        (search(budget=3), End.BUDGET),
        (search(ends_after=5), End.MARGIN),
        (search(), End.SPACE),
        (search(budget=len(CONFIGS)), End.BUDGET),
    ],
)
def test_it_says_why_it_ended(made, end):
    search_in_turns([made], Noted())
    assert made.ended is end
    assert made.to_json()["ended"] == str(end)
    assert made.best == min(made.steps, key=lambda step: step[1].latency_us)


def test_configs_that_share_a_binary_with_a_failed_one_count_as_tried():
    first, rest = CONFIGS[0], [c for c in CONFIGS if c.group_size_m == 1]
    made = Search("all", cell(1), LEGAL, ToldOrder(rest), Budget(100))
    search_in_turns([made], Noted(failing=rest))
    assert made.ended is End.SPACE and made.best is None
    assert first in rest


def test_a_lost_cell_ends_its_search_and_no_other():
    lost, kept = search(1), search(2)
    search_in_turns([lost, kept], Noted(lost=[1]))
    assert (lost.ended, lost.steps) == (End.LOST, [])
    assert len(kept.steps) == len(CONFIGS)


def test_the_end_of_a_cell_is_told_once_after_its_last_search_and_before_others_go_on():
    bench, ends = Noted(), []
    searches = [search(1, ends_after=2), search(1, ends_after=4), search(2, ends_after=0)]
    searches += [search(tokens) for tokens in range(3, 21)]
    search_in_turns(searches, bench, lambda cell: ends.append((cell.tokens, len(bench.log))))
    assert [tokens for tokens, _ in ends] == [2, 1, *range(3, 21)]
    when = dict(ends)
    measured = [n for n, entry in enumerate(bench.log) if entry[0] == "measure"]
    assert when[2] <= measured[0]
    assert [n for n in measured if bench.log[n][1] == 1][-1] < when[1] < measured[-1] < when[20]


def test_nothing_to_search_is_no_round():
    bench = Noted()
    search_in_turns([], bench)
    assert bench.log == []
