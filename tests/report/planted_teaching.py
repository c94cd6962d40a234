"""The planted replays of the statistics, taught with a layer and with a family left out."""

from __future__ import annotations

import pandas as pd

from scripts.lib.schemas.teaching import TEACHING
from scripts.lib.tables import Table
from scripts.lib.teaching import Teaching
from scripts.statistics.bootstrap import Plan
from scripts.statistics.teaching import frame_of, taught
from tests.statistics.test_teaching import predicted, searches

PLAN = Plan(100, 0.95, 1)


def tables() -> dict[str, tuple[pd.DataFrame, Table]]:
    """TEACHING as the statistics make it."""
    layer = taught(searches(), predicted("layer"), Teaching.LAYER_OUT, PLAN)
    family = taught(searches(), predicted("family"), Teaching.FAMILY_OUT, PLAN)
    return {"teaching": (frame_of(layer + family), TEACHING)}
