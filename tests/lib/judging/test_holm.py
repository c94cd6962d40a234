"""Holm's correction of many p at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.judging.holm import holm


def test_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_no_question_has_no_answer() -> None:
    assert holm([]).size == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_order_is_kept_and_nothing_falls_below(p: list[float]) -> None:
    adjusted = holm(p)
    assert (adjusted >= np.array(p)).all()
    assert (adjusted <= np.minimum(len(p) * np.array(p), 1) + 1e-12)[np.argmin(p)]
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()
