"""The planted replays of the statistics, taught with a layer and with a family left out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.schemas.teaching import TEACHING
from scripts.lib.tables import Table
from scripts.lib.teaching import Teaching
from scripts.statistics.bootstrap import Plan
from scripts.statistics.teaching import Replay, frame_of, taught
from tests.report.copied import leaves
from tests.statistics.test_teaching import MARGIN, choices, predicted, searches

PLAN = Plan(100, 0.95, 1)


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """TEACHING as the statistics make it."""
    found = []
    for teaching in (Teaching.LAYER_OUT, Teaching.FAMILY_OUT):
        replay = Replay(searches(), choices(), predicted(teaching.removesuffix("_out")))
        found += taught(replay, teaching, MARGIN, PLAN)
    return {"teaching": (frame_of(found), TEACHING)}


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: one for each estimate, one for each constant."""
    return leaves(summary["teaching"], 4) + len(summary["chosen"])
