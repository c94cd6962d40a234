"""What processes differ by, computed again by hand."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.audit.live.answers import Answer
from scripts.audit.live.between import apart, by_cell
from tests.audit.live.tiny import tiny_plan


def process(number: int, us: dict[str, float]) -> Answer:
    told = {"outcome": "correct", "top": list(us), "top_us": list(us.values())}
    body = {"tuners": {"published": told}, "pairs": []}
    return Answer("GPU", "layer", f"flips-{number}", "EP8/M64", "cell", None, body)


def test_the_deviation_is_of_the_distance_of_two_tactics() -> None:
    """What is common to a process cancels."""
    logs = np.array([[0.0, 0.02], [0.3, 0.31], [-0.2, -0.17], [0.1, 0.14]])
    answers = [
        process(number, dict(zip("ab", np.exp(row), strict=True)))
        for number, row in enumerate(logs)
    ]
    found = by_cell(answers)
    assert found == {8: {64: pytest.approx(np.std(logs[:, 1] - logs[:, 0], ddof=1))}}


def test_a_pair_that_too_few_processes_timed_says_nothing() -> None:
    assert apart([{"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 2.1}, {"a": 1.0}]) == []
    broken = Answer("GPU", "layer", "flips-1", "EP8/M64", "cell", "worker exited", None)
    assert by_cell([broken]) == {}


def test_a_plan_knows_the_deviation_of_a_cell_or_takes_the_margin() -> None:
    plan = tiny_plan()
    assert plan.between(1, 1) == 0.004
    assert plan.between(2, 8) == plan.between(1, 8) == 0.01
