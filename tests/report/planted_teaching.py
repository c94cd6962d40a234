"""The planted replays of the statistics, taught with a layer and with a family left out."""

from __future__ import annotations

import pandas as pd

from scripts.lib.schemas.teaching import TEACHING
from scripts.lib.tables import Table
from scripts.lib.teaching import Teaching
from scripts.statistics.bootstrap import Plan
from scripts.statistics.teaching import Replay, frame_of, taught
from tests.statistics.test_teaching import MARGIN, choices, predicted, searches

PLAN = Plan(100, 0.95, 1)


def tables() -> dict[str, tuple[pd.DataFrame, Table]]:
    """TEACHING as the statistics make it."""
    rows = []
    for teaching in (Teaching.LAYER_OUT, Teaching.FAMILY_OUT):
        replay = Replay(searches(), choices(), predicted(teaching.removesuffix("_out")))
        rows += taught(replay, teaching, MARGIN, PLAN)
    return {"teaching": (frame_of(rows), TEACHING)}
