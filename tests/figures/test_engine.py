"""A panel a model, a point a batch with its interval; without an engine it says so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.figures import engine
from scripts.lib.schemas.engine import ENGINE_RATIOS
from tests.figures.case import Case
from tests.report import planted_engine

CASE = Case(
    engine.main,
    lambda *_: {"ratios": planted_engine.tables()["engine_ratios"]},
    draw=lambda read: engine.draw(read["ratios"]),
)


def ratios() -> pd.DataFrame:
    table, _ = planted_engine.tables()["engine_ratios"]
    return pd.concat([table.assign(batch=4), table.assign(batch=1, gpu_ratio=0.9, gpu_low=np.nan)])


def test_points_stand_at_their_ratios() -> None:
    axis = engine.draw(ratios()).axes[0]
    assert [text.get_text() for text in axis.get_xticklabels()] == ["1", "4"]
    line = axis.containers[0].lines[0]
    assert line.get_ydata() == pytest.approx([0.9, 0.98])


def test_no_engine_is_said() -> None:
    drawn = engine.draw(pd.DataFrame(columns=ENGINE_RATIOS.names))
    assert drawn.axes[0].texts[0].get_text() == "no engine is recorded"
