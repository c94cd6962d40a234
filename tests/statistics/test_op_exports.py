"""The row that the operator's rounds choose, from planted rounds."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.statistics.op_exports import by_op, fastest
from scripts.statistics.rounds import Rounds

COMMITTED, DEFAULT, OTHER = "committed", "default", "other"


def rounds(us: list[float]) -> Rounds:
    """Twelve rounds of slots with these latencies; the last config has two slots."""
    samples = np.tile(us, (12, 1)) * (1 + 1e-4 * np.arange(12)[:, None])
    configs = dict(enumerate((COMMITTED, DEFAULT, OTHER, OTHER)))
    return Rounds("cell", samples, np.arange(12), configs, 0.95)


@pytest.mark.parametrize(
    ("us", "chosen"),
    [
        ([100.0, 101.0, 99.0, 99.0], 2),
        ([100.0, 98.0, 99.0, 99.0], 1),  # faster than committed, not than default
        ([100.0, 98.0, 97.0, 97.0], 2),
        ([100.0, 101.0, 100.5, 99.0], 0),  # a second slot is no second chance
    ],
)
def test_a_row_holds_the_better_of_both_unless_a_first_slot_is_faster(us, chosen):
    assert by_op(rounds(us), [0, 1]) == chosen


def test_of_equals_the_committed_one_stands():
    assert fastest(rounds([100.0, 100.0, 99.0, 99.0]), [0, 1]) == 0
