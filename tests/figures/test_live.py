"""What searches on the GPU itself chose."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.figures import live
from scripts.lib.files import InputError
from tests.figures.case import Case
from tests.report import planted_live
from tests.statistics.study import SOURCES, Study

CASE = Case(
    live.main,
    lambda drawn, _: {"rates": planted_live.tables(drawn)["live_rates"]},
    draw=lambda read: live.draw(live.bars(read["rates"])),
)


def test_bars_of_searches_begin_with_all_sources_and_are_all_of_them(drawn: Study) -> None:
    rates, _ = planted_live.tables(drawn)["live_rates"]
    found = live.bars(rates)
    assert np.allclose(found[["win", "tie", "loss"]].sum(axis=1), 100)
    assert (found["low"] <= found["win"]).all() and (found["win"] <= found["high"]).all()
    whole = found[found["group"] == "all"]
    assert whole["value"].tolist()[:2] == ["all sources together", "any source, by itself"]
    assert len(whole) == 2 + len(SOURCES)
    with pytest.raises(InputError, match="no search with a verdict"):
        live.bars(rates[rates["metric"] == "ratio"])
