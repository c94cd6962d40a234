"""What an interval of a ratio is called."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.judging.decision import decide, inseparable

NAN = float("nan")


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.90, 0.98, "win"),
        (0.90, 0.99, "tie"),  # touches the margin
        (0.97, 1.03, "tie"),
        (1.00, 1.00, "tie"),
        (1.01, 1.05, "tie"),
        (1.02, 1.05, "loss"),
        (NAN, NAN, "tie"),
        (NAN, 0.5, "win"),
    ],
)
def test_word(low: float, high: float, word: str) -> None:
    assert decide(low, high, 0.01).item() == word


@given(st.floats(0.5, 2.0), st.floats(0.0, 0.5), st.floats(0.0, 0.05))
def test_a_win_seen_from_the_other_side_is_none(low: float, width: float, margin: float) -> None:
    high = low + width
    word = decide(low, high, margin).item()
    mirrored = decide(1 / high, 1 / low, margin).item()
    assert (word, mirrored) not in {("win", "win"), ("loss", "loss")}


@pytest.mark.parametrize(
    ("low", "high", "tied"),
    [
        (0.99, 1.20, True),  # includes 1
        (1.001, 1.009, True),  # excludes 1 but lies within the margin
        (1.001, 1.02, False),
        (0.90, 0.95, True),
        (NAN, NAN, True),
    ],
)
def test_inseparable(low: float, high: float, tied: bool) -> None:
    assert inseparable(low, high, 0.01).item() is tied


def test_many_at_once() -> None:
    words = decide(np.array([0.9, 1.2]), np.array([0.95, 1.3]), 0.01)
    assert list(words) == ["win", "loss"]
