"""Ask and tell: the one interface between a search strategy and what evaluates its configs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.shape import Cell
from scripts.transfer.oracle import Oracle, Trial


class Strategy(Protocol):
    """A search over the configs of one cell."""

    def ask(self) -> Config | None:
        """The next config to try; None if the strategy has no more to say."""
        ...

    def tell(self, config: Config, trial: Trial) -> None:
        """Report what became of a config asked before."""
        ...


class FixedOrder:
    """A strategy whose order does not depend on what it is told."""

    def __init__(self, configs: Iterable[Config]) -> None:
        self._configs = iter(configs)

    def ask(self) -> Config | None:
        """The next config of the order; None at its end."""
        return next(self._configs, None)

    def tell(self, config: Config, trial: Trial) -> None:
        """Nothing to learn."""


Step = tuple[Config, Trial]


def search(strategy: Strategy, oracle: Oracle, cell: Cell, budget: Budget) -> list[Step]:
    """Run a strategy on a cell until it ends or the budget is spent; the steps in their order."""
    steps: list[Step] = []
    while not budget.exhausted and (config := strategy.ask()) is not None:
        trial = oracle.measure(cell, config)
        budget.charge(trial.gpu_seconds)
        strategy.tell(config, trial)
        steps.append((config, trial))
    return steps
