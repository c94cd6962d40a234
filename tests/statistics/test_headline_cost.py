"""The benchmark runs, on the figures that it says; what it measures is no part of a test."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.statistics.bootstrap import Plan
from scripts.statistics.headline import choices
from scripts.statistics.headline_cost import compare, figures
from scripts.statistics.headline_metrics import GAPS, metrics
from tests.statistics.test_gaps import triples
from tests.statistics.test_headline import gains, held, live, spread, verdicts


def test_both_sides_are_asked_for_the_same_figures() -> None:
    pairs = triples({"a": 40.0, "b": 170.0, "c": 300.0})
    judged = choices(verdicts(), gains(), live(), spread(), held(), 0.01)
    every = figures(pairs, judged, 0.01)
    columns = sum(len(metrics(rows, 0.01).columns) for rows in judged.values())
    assert len(every) == len(GAPS) + columns
    assert all(len(values) == len(codes) for values, codes in every)
    found = compare(pairs, judged, Plan(resamples=100), 2, 0.01)
    assert list(found["means"]) == [len(every)] * 2
    assert isinstance(found, pd.DataFrame)
    assert np.isfinite(found[["wall_seconds", "cpu_seconds"]].to_numpy()).all()
