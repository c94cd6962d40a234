"""Lines come in time, or the span without them is named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scripts.engine.watchdog import EVERY_S, LATE_S, gaps


def test_a_span_without_lines_is_named():
    assert gaps([0.1, 30.2, 60.1, 130.0], 140.0) == [(60.1, 130.0)]
    assert gaps([0.0, 30.0], 100.0) == [(30.0, 100.0)]
    assert gaps([], 200.0) == [(0.0, 200.0)]


@given(st.integers(0, 40), st.floats(0, EVERY_S))
def test_lines_in_time_leave_none(count, rest):
    at = [number * EVERY_S for number in range(count + 1)]
    assert gaps(at, at[-1] + rest) == []
    assert gaps(at, at[-1] + LATE_S + 1) != []
