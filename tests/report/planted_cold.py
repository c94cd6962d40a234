"""Searches on a GPU as if nothing had been recorded on it, of the planted replays."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.registration import FIGURES, Entry, name_of
from scripts.lib.schemas.alike import ALIKE
from scripts.lib.schemas.cold import COLD
from scripts.lib.schemas.cold_live import COLD_LIVE
from scripts.lib.schemas.live import LIVE
from scripts.lib.schemas.registered import OUTCOMES
from scripts.lib.tables import Table
from scripts.report.sections.cold import measured
from scripts.report.sections.cold_live import tried
from scripts.statistics.alike import alike
from scripts.statistics.registered import outcomes
from tests.report.copied import leaves
from tests.statistics.test_alike import on_two
from tests.statistics.test_cold import H100, found
from tests.statistics.test_cold_live import measured as measured_live
from tests.statistics.test_cold_live import tables as searches


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """COLD as the statistics make it."""
    entry = Entry("2026-11-29T12:00:00Z", "registered", "a", "b", dict(FIGURES), {})
    cold = found()
    live = measured_live()
    hidden = name_of("NVIDIA_H200", hidden=True)
    said = outcomes(cold, live, {"NVIDIA_H200": entry, hidden: entry, H100: entry})
    return {
        "cold": (cold, COLD),
        "cold_live": (live, COLD_LIVE),
        "cold_committed": (searches()[0], LIVE),
        "registered_outcomes": (said, OUTCOMES),
        "alike": (alike(on_two()), ALIKE),
    }


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: sources by GPU, what came of registered figures, whole pairs."""
    outcomes = sum(len(one["figures"]) for _, one in measured(summary))
    for one in tried(summary).values():
        outcomes += len(one["sources"]) + len(one["registered"]["figures"])
    return leaves(summary["cold"], 1) + outcomes + len(summary["alike"])
