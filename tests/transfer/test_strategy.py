"""Ask and tell under a budget."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.outcome import Outcome
from scripts.lib.shape import Cell
from scripts.transfer.legal import LegalSpace
from scripts.transfer.oracle import Trial
from scripts.transfer.recording import Recording
from scripts.transfer.strategies.exhaustive import Exhaustive
from scripts.transfer.strategy import search
from tests.transfer.recorded import recording
from tests.transfer.study import CELLS_SMALL, CONFIGS, LEGAL

CELL = CELLS_SMALL[0]


class UntilCorrect:
    """A strategy that needs what it is told: it stops at the first correct config."""

    def __init__(self) -> None:
        self.told: list[tuple[Config, Trial]] = []

    def ask(self) -> Config | None:
        """The next of all configs, until one was correct."""
        if self.told and self.told[-1][1].outcome is Outcome.CORRECT:
            return None
        return CONFIGS[len(self.told)]

    def tell(self, config: Config, trial: Trial) -> None:
        """Remember."""
        self.told.append((config, trial))


def oracle_of(costs: list[float]) -> Recording:
    return replace(recording(CELL), seconds=np.array(costs))


def test_a_strategy_is_told_every_outcome_and_may_stop() -> None:
    oracle = recording(CELL, failed=[CONFIGS[0]])
    strategy = UntilCorrect()
    steps = search(strategy, oracle, CELL, Budget(10))
    expected = [(config, oracle.measure(CELL, config)) for config in CONFIGS[:2]]
    assert steps == strategy.told == expected
    assert [trial.outcome for _, trial in steps] == [Outcome.TIMEOUT, Outcome.CORRECT]


def test_a_budget_of_nothing_asks_nothing() -> None:
    assert search(Exhaustive(LEGAL), recording(CELL), CELL, Budget(0)) == []


def test_an_empty_space_ends_at_once() -> None:
    budget = Budget(5)
    assert search(Exhaustive(LegalSpace([])), recording(CELL), CELL, budget) == []
    assert budget.spent_trials == 0


def test_one_budget_is_shared_by_two_cells() -> None:
    budget = Budget(50)
    for cell in (CELL, Cell("NVIDIA_B200", CELL.shape, 1)):
        search(Exhaustive(LEGAL), recording(CELL), cell, budget)
    assert budget.spent_trials == 50


@given(
    st.integers(0, 60),
    st.floats(0, 20),
    st.lists(st.floats(0, 3), min_size=len(LEGAL), max_size=len(LEGAL)),
)
def test_the_budget_is_never_exceeded(trials: int, seconds: float, costs: list[float]) -> None:
    steps = search(Exhaustive(LEGAL), oracle_of(costs), CELL, Budget(trials, seconds))
    assert len(steps) <= trials
    assert not steps or sum(trial.gpu_seconds for _, trial in steps[:-1]) < seconds
