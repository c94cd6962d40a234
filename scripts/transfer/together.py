"""Search several cells in rounds: every cell makes a trial before any makes its next."""

from __future__ import annotations

from collections.abc import Mapping

from scripts.lib.budget import Budget
from scripts.lib.shape import Cell
from scripts.transfer.oracle import Oracle
from scripts.transfer.strategy import Step, Strategy


def search_together(
    strategies: Mapping[Cell, Strategy], oracle: Oracle, budgets: Mapping[Cell, Budget], batch: int
) -> dict[Cell, list[Step]]:
    """The steps of each cell until its strategy ends or its budget is spent.

    Cells take turns in ascending order. ``batch``: configs asked at a turn before any is measured,
    so that they can be compiled at once.
    """
    steps: dict[Cell, list[Step]] = {cell: [] for cell in sorted(strategies)}
    searching = [(cell, strategies[cell], budgets[cell], found) for cell, found in steps.items()]
    while searching:
        searching = [one for one in searching if _turn(*one, oracle, batch)]
    return steps


def _turn(
    cell: Cell, strategy: Strategy, budget: Budget, steps: list[Step], oracle: Oracle, batch: int
) -> bool:
    """One turn of a cell; False if it was the last."""
    room = min(batch, budget.trials - budget.spent_trials)
    asked = [config for _ in range(room) if (config := strategy.ask()) is not None]
    for config in asked:
        if budget.exhausted:
            return False
        trial = oracle.measure(cell, config)
        budget.charge(trial.gpu_seconds)
        strategy.tell(config, trial)
        steps.append((config, trial))
    return bool(asked) and not budget.exhausted
