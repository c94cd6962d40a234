"""Steps of a server: bounded by its budget, and every token of every request is in one of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.serving.workload import Lengths, tokens_of_steps


def test_one_request_at_a_time_is_a_prefill_and_then_single_tokens():
    found = tokens_of_steps(1, 9, 100, Lengths((7, 7), (3, 3)), 1)
    assert found.tolist() == [7, 1, 1, 7, 1, 1, 7, 1, 1]


def test_a_long_prompt_takes_several_steps_beside_the_others():
    found = tokens_of_steps(2, 400, 10, Lengths((25, 25), (4, 4)), 1)
    assert found.max() == 10
    assert (found[found < 10] <= 10).all()


@settings(max_examples=40)
@given(
    st.integers(1, 24),
    st.integers(24, 80),
    st.integers(1, 40),
    st.integers(1, 9),
    st.integers(0, 99),
)
def test_no_step_is_empty_or_over_the_budget(level, budget, prompt, output, seed):
    found = tokens_of_steps(level, 60, budget, Lengths((1, prompt), (1, output)), seed)
    assert len(found) == 60
    assert found.min() >= 1
    assert found.max() <= budget
    assert (
        found == tokens_of_steps(level, 60, budget, Lengths((1, prompt), (1, output)), seed)
    ).all()


def test_a_step_holds_in_the_mean_what_requests_bring():
    """A slot's request of p + n - 1 scheduled tokens lives for about n steps if prompts fit."""
    found = tokens_of_steps(8, 20_000, 10_000, Lengths((30, 50), (11, 31)), 3)
    assert np.mean(found) == pytest.approx(8 * (40 + 21 - 1) / 21, rel=0.05)


def test_a_budget_below_the_requests_is_refused():
    with pytest.raises(ValueError, match="cannot decode 8"):
        tokens_of_steps(8, 5, 7, Lengths((1, 1), (1, 1)), 1)
