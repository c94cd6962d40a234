"""Tables of what is judged by class, one by one and a second time, of known rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from scripts.lib.schemas.breakdowns import BREAKDOWNS
from scripts.lib.schemas.losses import LOSSES, Cause, Kind
from scripts.lib.schemas.revalidation import PREMISES, REVALIDATION, REVALIDATION_RATES, Standing
from scripts.lib.tables import Table
from scripts.report.sections.triton import listed
from scripts.statistics.recording import premises
from scripts.statistics.revalidate import rates, revalidate
from tests.statistics import test_breakdown as classed
from tests.statistics.conftest import PLAN
from tests.statistics.study import DEVICE, Study
from tests.statistics.test_revalidate import LEVEL, MARGIN, recorded

SECOND = "again"
# kind, tokens, ratio, cause, verdict of the second recording, its ratio, whether its tile was tried
LOST = (
    (Kind.LOSS, 512, 1.05, Cause.SPACE, "loss", 1.06, False),
    (Kind.LOSS, 16, 1.03, Cause.NOISE, "tie", 1.0, True),
    (Kind.BEHIND, 1024, 1.006, Cause.BUDGET, None, None, True),
)


def losses() -> pd.DataFrame:
    rows = [
        {
            "dataset": "d",
            "cell_id": f"{DEVICE}/E8-N256-K4096-top2-bf16/M{tokens}",
            "device": DEVICE,
            "scheme": "bf16",
            "tokens": tokens,
            "kind": kind,
            "cause": cause,
            "evidence": f"because of {cause}",
            "ratio": ratio,
            "widened": "loss" if ratio > 1.04 else "tie",
            "low": ratio - 0.002,
            "high": ratio + 0.002,
            "again_verdict": verdict,
            "again_ratio": again,
            "again_low": again and again - 0.002,
            "again_high": again and again + 0.002,
            "tile_tried": tried,
        }
        for kind, tokens, ratio, cause, verdict, again, tried in LOST
    ]
    return classed.filled(rows, LOSSES)


def tables(drawn: Study, *_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """By the names that the report gives them; the first verdict of the recording flips."""
    first = recorded(drawn, "first")
    second = replace(first, name=SECOND)
    cells = revalidate(first, second, MARGIN, LEVEL)
    cells.loc[0, "standing"] = str(Standing.FLIPS)
    return {
        "breakdowns": (classed.broken_down(PLAN), BREAKDOWNS),
        "losses": (losses(), LOSSES),
        "revalidation": (cells, REVALIDATION),
        "revalidation_rates": (rates(cells, PLAN), REVALIDATION_RATES),
        "premises": (premises(first, second), PREMISES),
    }


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: the classes by Triton once more."""
    return len(listed(summary))
