"""Budgets: what may still start, and what a search can spend at most."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.budget import Budget


def test_a_budget_of_nothing_is_spent() -> None:
    assert Budget(0).exhausted
    assert Budget(5, gpu_seconds=0).exhausted


def test_charging_a_spent_budget_is_an_error() -> None:
    budget = Budget(1)
    budget.charge(0.5)
    with pytest.raises(ValueError, match="spent"):
        budget.charge(0.0)


@given(st.integers(0, 20), st.floats(0, 10), st.lists(st.floats(0, 3), max_size=40))
def test_trials_never_exceed_and_seconds_only_by_the_last_trial(
    trials: int, seconds: float, costs: list[float]
) -> None:
    budget, last = Budget(trials, seconds), 0.0
    for cost in costs:
        if budget.exhausted:
            break
        budget.charge(cost)
        last = cost
    assert budget.spent_trials <= trials
    assert budget.spent_trials == 0 or budget.spent_gpu_seconds - last < seconds
