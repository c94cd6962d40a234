"""Many searches at once, in turns: what is asked next is compiled while the others measure.

The order of all that is asked and told follows from the answers alone, never from how long
anything took. The same seed and the same answers give the same search, and a run that was killed
goes on by giving the answers in its ledger again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import log1p
from typing import Any, Protocol

import numpy as np

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.outcome import Outcome
from scripts.lib.shape import Cell
from scripts.transfer.legal import LegalSpace
from scripts.transfer.oracle import Trial
from scripts.transfer.strategies.s4_bayesian import Bayesian
from scripts.transfer.strategy import Step, Strategy

LOG = logging.getLogger("tune")

# Configs that are asked and not yet measured, over all searches: at 25 ms each they take as long
# as a compiler does for one binary. A search asks at most eight of them.
WAITING, MOST_ASKED = 36, 8
# Log units of expected gain, as of ``Bayesian``: configs of no less than 0.6 of the greatest are as
# good a question. Of 0.25, 0.5, 0.7 and 1 the one at which restarts on half of the recorded layers,
# the noise of their trials drawn anew, chose the same config or named each other's most often.
# Not where nothing is recorded of the GPU: what is expected is worth less there, and the choice of
# replayed searches was 0.06% slower (mean regret 1.0067 instead of 1.0060).
STEADY = 0.5


class End(StrEnum):
    """Why a search ended."""

    MARGIN = "margin"  # further trials promise less than the tie margin
    BUDGET = "budget"
    SPACE = "space"  # every legal config was tried, or shares a binary with one that failed
    LOST = "lost"  # the cell cannot be measured on


class Bench(Protocol):
    """What searches are measured on."""

    def prepare(self, cell: Cell, configs: Sequence[Config]) -> None:
        """Begin to make configs ready, and return at once."""
        ...

    def measure(self, cell: Cell, config: Config) -> Trial:
        """Try a config; one that was tried on the cell before is not tried again."""
        ...


@dataclass
class Search:
    """One search on one cell. ``name``: of its sources; ``ended`` is set when it has ended."""

    name: str
    cell: Cell
    legal: LegalSpace
    strategy: Strategy
    budget: Budget
    steps: list[Step] = field(default_factory=list)
    ended: End | None = None
    _asked: list[Config] = field(default_factory=list)

    def ask(self, bench: Bench, most: int) -> None:
        """Ask for the next turn and have it made ready; or end."""
        room = min(most, self.budget.trials - self.budget.spent_trials)
        self._asked = [config for _ in range(room) if (config := self.strategy.ask()) is not None]
        if self._asked:
            bench.prepare(self.cell, self._asked)
        else:
            self._end(self._why())

    def turn(self, bench: Bench) -> None:
        """Measure what was asked, and tell it."""
        for config in self._asked:
            trial = bench.measure(self.cell, config)
            if trial.outcome is Outcome.NOT_MEASURED:
                self._end(End.LOST)
                return
            self.budget.charge(0.0)
            self.strategy.tell(config, trial)
            self.steps.append((config, trial))

    def siblings(self, config_id: str) -> list[str]:
        """Ids of the space's configs that differ from one in GROUP_SIZE_M alone, itself included.

        The same programs in another order: which of them a search tries is next to chance.
        """
        found = self.legal.by_id.get(config_id)
        if found is None:
            return []
        kinds = self.legal.kinds
        alike = np.flatnonzero(kinds == kinds[self.legal.index[found]])
        return [self.legal.configs[place].id for place in alike]

    def untried(self, margin: float) -> list[str]:
        """Ids of configs that were not tried and that, by what it has learned, are expected no
        farther than the relative margin behind the best; none of a search that expects nothing."""  # noqa: D205,D209
        if not isinstance(self.strategy, Bayesian):
            return []
        return [config.id for config in self.strategy.expected_within(log1p(margin))]

    def to_json(self) -> dict[str, Any]:
        """As it stands in a ledger: the configs in the order in which they were asked."""
        return {
            "cell_id": self.cell.id,
            "source": self.name,
            "budget": self.budget.trials,
            "config_ids": [config.id for config, _ in self.steps],
            "ended": str(self.ended),
        }

    def _end(self, why: End) -> None:
        self.ended = why
        us = "none correct" if self.best is None else f"{self.best[1].latency_us:.2f} us"
        LOG.info("%s, %s: %d trials, %s (%s)", self.cell.id, self.name, len(self.steps), us, why)

    def _why(self) -> End:
        if self.budget.exhausted:
            return End.BUDGET
        kinds, index = self.legal.kinds, self.legal.index
        tried = {index[config] for config, _ in self.steps}
        failed = {int(kinds[index[c]]) for c, trial in self.steps if trial.latency_us is None}
        left = any(
            place not in tried and int(kind) not in failed for place, kind in enumerate(kinds)
        )
        return End.MARGIN if left else End.SPACE

    @property
    def best(self) -> Step | None:
        """The fastest correct step, the earlier of equals; None if there is none."""
        correct = [step for step in self.steps if step[1].latency_us is not None]
        return min(correct, key=lambda step: step[1].latency_us or 0.0, default=None)


def search_in_turns(
    searches: Iterable[Search], bench: Bench, ended: Callable[[Cell], None] = lambda cell: None
) -> None:
    """Run all searches to their ends. Within a round each takes one turn, in the order given.

    A search asks for its next turn as soon as it has been told the last one. The fewer are left,
    the more they ask at a turn. ``ended`` is told of a cell when its last search has ended: what
    is done there takes its time while the others' configs are made ready.
    """
    running = list(searches)
    for search in running:
        search.ask(bench, _turn_size(len(running)))
    running = _go_on(running, ended)
    while running:
        size = _turn_size(len(running))
        for search in running:
            search.turn(bench)
            if search.ended is None:
                search.ask(bench, size)
        running = _go_on(running, ended)


def _go_on(running: Sequence[Search], ended: Callable[[Cell], None]) -> list[Search]:
    """Those that have not ended; ``ended`` is told of the cells that none of them is on."""
    left = [search for search in running if search.ended is None]
    busy = {search.cell for search in left}
    for cell in dict.fromkeys(search.cell for search in running):
        if cell not in busy:
            ended(cell)
    return left


def _turn_size(searches: int) -> int:
    return max(1, min(MOST_ASKED, WAITING // max(1, searches)))
