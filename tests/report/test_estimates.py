"""An estimate of the summary, of rows with and without an interval."""

from __future__ import annotations

from scripts.report.estimates import estimated


def test_an_estimate_is_mean_interval_and_how_many() -> None:
    row = {"ratio": 1.5, "low": 1.25, "high": 2.0, "op_low": 0.5, "op_high": None, "n": 3.0}
    assert estimated(row, "ratio") == {"mean": 1.5, "ci": [1.25, 2.0], "n": 3}
    assert estimated(row, "ratio", ends="op_", n=None) == {"mean": 1.5, "ci": [0.5, None]}
    nothing = row | {"low": float("nan"), "high": None}
    assert estimated(nothing, "ratio")["ci"] == [None, None]
    assert estimated(nothing, "ratio", lacking=True)["ci"] is None
