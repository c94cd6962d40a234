"""Several cells searched in rounds."""

import pytest

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.shape import Cell
from scripts.transfer.oracle import Trial
from scripts.transfer.strategies.s7_racing import Racing
from scripts.transfer.strategy import FixedOrder, search
from scripts.transfer.together import search_together
from tests.transfer.recorded import recording
from tests.transfer.study import CELLS_SMALL, LEGAL, latency


class Log:
    """Recordings of several cells, and who asked what in which order."""

    def __init__(self) -> None:
        self.by_cell = {cell: recording(cell) for cell in CELLS_SMALL}
        self.asked: list[tuple[Cell, Config, float | None]] = []

    def measure(self, cell: Cell, config: Config, rival_us: float | None = None) -> Trial:
        self.asked.append((cell, config, rival_us))
        return self.by_cell[cell].measure(cell, config, rival_us)


def strategies() -> dict[Cell, FixedOrder]:
    return {cell: FixedOrder(LEGAL.configs[:3]) for cell in reversed(CELLS_SMALL)}


def budgets(trials: int) -> dict[Cell, Budget]:
    return {cell: Budget(trials) for cell in CELLS_SMALL}


def test_every_cell_makes_a_trial_before_any_makes_its_next() -> None:
    log = Log()
    search_together(strategies(), log, budgets(10), batch=1)
    assert [cell for cell, _, _ in log.asked] == sorted(CELLS_SMALL) * 3


@pytest.mark.parametrize("batch", [1, 2, 3, 8])
@pytest.mark.parametrize("trials", [0, 1, 2, 3, 100])
def test_each_cell_keeps_to_its_budget_and_its_order(batch: int, trials: int) -> None:
    found = search_together(strategies(), Log(), budgets(trials), batch)
    for cell, steps in found.items():
        alone = search(FixedOrder(LEGAL.configs[:3]), Log(), cell, Budget(trials))
        assert steps == alone


def test_racing_names_the_fastest_so_far_and_changes_no_latency() -> None:
    log = Log()
    cell = CELLS_SMALL[0]
    steps = search(FixedOrder(LEGAL.configs), Racing(log), cell, Budget(48))
    us = [latency(cell, config) for config in LEGAL.configs]
    assert [trial.latency_us for _, trial in steps] == us
    rivals = [rival for _, _, rival in log.asked]
    assert rivals == [None, *(min(us[:place]) for place in range(1, 48))]
