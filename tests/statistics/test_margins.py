"""What is shown at each margin, counted by hand and by plain numpy from planted rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.statistics.bootstrap import Plan
from scripts.statistics.margins import ERRORS, LEVELS, METRICS, margins, shown
from tests.statistics.test_spread import cell

PLAN = Plan(200, 0.95, 1)
# Ends of each interval, and whether the choice is the committed config itself.
ENDS = [(0.90, 0.95, False), (0.985, 0.996, False), (1.0, 1.0, True), (0.999, 1.015, False)]
ENDS += [(1.03, 1.06, False), (np.nan, np.nan, False)]
RATES = pd.DataFrame({"dataset": ["one"], "tokens": [1], "error": [0.012]})


def rows() -> pd.DataFrame:
    frame = pd.DataFrame(ENDS, columns=["low", "high", "same"])
    about = {"choice": "searched", "source": "a", "dataset": "one", "ratio": 1.0}
    return frame.assign(cell_id=[cell(number) for number in range(len(ENDS))], **about)


def found(error: str, margin: float) -> pd.Series:
    table = margins(rows(), RATES, PLAN)
    mine = table[(table["error"] == error) & (table["margin"] == margin)]
    return mine.set_index("metric")["mean"]


def test_words_at_one_per_cent_by_hand() -> None:
    marks = shown(*(np.array([end[i] for end in ENDS]) for i in (0, 1)), 0.01)
    named = dict(zip(METRICS, marks.T.astype(bool).tolist(), strict=True))
    assert named["win"] == [True, False, False, False, False, False]
    assert named["loss"] == [False, False, False, False, True, False]
    assert named["non_inferior"] == [True, True, True, False, False, False]
    assert named["equal"] == [False, False, True, False, False, False]
    assert named["open"] == [False, True, False, True, False, True]


@pytest.mark.parametrize("margin", LEVELS)
@pytest.mark.parametrize("error", ERRORS)
def test_rates_are_those_of_plain_numpy(error: str, margin: float) -> None:
    moved = 0.012 if error == "widened" else 0.0
    by = [0.0 if same else moved for *_, same in ENDS]
    low = np.array([end[0] * np.exp(-e) for end, e in zip(ENDS, by, strict=True)])
    high = np.array([end[1] * np.exp(e) for end, e in zip(ENDS, by, strict=True)])
    mine = found(error, margin)
    assert mine["win"] == pytest.approx(np.mean(high < 1 - margin))
    assert mine["loss"] == pytest.approx(np.mean(low > 1 + margin))
    assert mine["non_inferior"] == pytest.approx(np.mean(high <= 1 + margin))
    assert mine[["win", "loss", "equal", "open"]].sum() == pytest.approx(1)


def test_no_identical_pair_at_a_batch_size_shows_nothing_of_it() -> None:
    table = margins(rows(), RATES.assign(tokens=64), PLAN)
    wide = table[(table["error"] == "widened") & (table["metric"] == "open")]
    assert wide["mean"].tolist() == pytest.approx([5 / 6] * len(LEVELS))  # all but itself
