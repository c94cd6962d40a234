"""Runs of the tuning command, and what restarts of a layer chose."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.schemas.restarts import SAME
from scripts.lib.schemas.tuning import CHOICES, TUNING
from scripts.lib.tables import Table
from scripts.statistics import tuning
from scripts.statistics.same_choice import same_choice
from tests.report.copied import leaves
from tests.statistics.test_tuning import PLAN, recorded, restarts


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """All three as the statistics make them."""
    with tempfile.TemporaryDirectory() as folder:
        runs, choices = tuning.tables([recorded(Path(folder))])
    return {
        "tuning": (runs, TUNING),
        "tuning_choices": (choices, CHOICES),
        "same_choice": (same_choice(restarts(), choices, PLAN), SAME),
    }


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: one a run, a layer of restarts, a layer under the operator."""
    found = summary["tuning"]
    return leaves(found["runs"], 2) + leaves(found["same"], 2) + leaves(found["operator"], 2)
