"""Regret after K trials: the curves are the rates, and so is the table for plots."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.figures import curves
from scripts.lib.files import InputError
from scripts.lib.schemas.statistics import RATES
from tests.figures.case import Case
from tests.statistics.conftest import Judged
from tests.statistics.study import SOURCES, Study

CASE = Case(
    curves.main,
    lambda _, judged: {"rates": (judged.rates, RATES)},
    ("--sources", *SOURCES),
    ("csv",),
    draw=lambda read: curves.draw(curves.curves(read["rates"]), list(SOURCES)),
)


def test_curves_in_the_csv_are_the_regret_of_the_rates(
    drawn: Study, judged: Judged, tmp_path: Path
) -> None:
    assert curves.main(CASE.arguments(drawn, judged, tmp_path, tmp_path)) == 0
    drawn_curves = pd.read_csv(tmp_path / "f.csv")
    regret = judged.rates.query("metric == 'regret' and strategy != 'exhaustive'")
    merged = drawn_curves.merge(regret, on=["source", "target", "strategy", "K"])
    assert len(merged) == len(drawn_curves) == len(regret)
    assert np.allclose(merged["regret"], merged["mean"], rtol=1e-5)


def test_no_regret_is_refused(judged: Judged) -> None:
    with pytest.raises(InputError, match="regret"):
        curves.curves(judged.rates.query("metric == 'win'"))
