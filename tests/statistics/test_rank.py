"""Rank correlations are scipy's."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scripts.statistics.rank import rank_correlation

PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2)


@given(PAIRS)
def test_is_spearmans(pairs: list[tuple[int, int]]) -> None:
    x, y = (pd.Series(values, dtype=float) for values in zip(*pairs, strict=True))
    if x.nunique() > 1 and y.nunique() > 1:
        assert rank_correlation(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
