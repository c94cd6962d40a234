"""Planted rows of LIVE, searches whose finals won, tied and lost; and spaces that hold configs."""

from __future__ import annotations

import pandas as pd

from scripts.lib.judging.decision import LOSS, TIE, WIN
from scripts.lib.schemas.live import LIVE
from scripts.lib.schemas.space import SPACE
from tests.statistics.test_searches import H100, LARGE, MI300X, OTHER, SMALL
from tests.transfer.study import filled

DEVICE = "NVIDIA_H200"
WIDE = OTHER.replace("M64", "M512")
COMMITTED = "M64-N64-K64-G1-W4-S2"
# What the finals chose: cell, source ("": all), triple, word, ratio.
PLANTED = [
    (SMALL, "", False, WIN, 0.9),
    (LARGE, "", False, TIE, 1.005),
    (OTHER, "", False, LOSS, 1.015),
    (WIDE, "", False, LOSS, 1.1),
    (SMALL, H100, True, WIN, 0.8),
    (LARGE, H100, True, LOSS, 1.019),
    (WIDE, H100, True, WIN, 0.7),
    (OTHER, H100, False, WIN, 0.5),
    (SMALL, MI300X, True, TIE, 1.0),
    (OTHER, MI300X, True, LOSS, 1.3),
    (LARGE, MI300X, False, WIN, 0.5),
]


def searched(
    cell: str,
    source: str = "",
    triple: bool = False,
    word: str | None = LOSS,
    ratio: float | None = 1.1,
    **more: object,
) -> dict[str, object]:
    """A search whose fastest trial lost by half, whatever its finals chose."""
    row: dict[str, object] = {"cell_id": cell, "source": source, "triple": triple}
    row |= {"budget": 128, "trials": 9, "ended": "margin", "committed_id": COMMITTED}
    row |= {"ratio": 1.5, "low": 1.4, "high": 1.6, "decision": LOSS}
    row |= {"final_ratio": ratio, "final_low": ratio, "final_high": ratio}
    return row | {"final_decision": word} | more


def live(*rows: dict[str, object]) -> pd.DataFrame:
    return filled(LIVE, rows)


def planted() -> pd.DataFrame:
    return live(*(searched(*row) for row in PLANTED))


def spaces(
    *legal: tuple[str, str, str], refused: tuple[str, str, str] | None = None
) -> pd.DataFrame:
    rows = [(*key, True) for key in legal] + ([(*refused, False)] if refused else [])
    names = ("device", "scheme", "config_id", "legal")
    return filled(SPACE, [dict(zip(names, row, strict=True)) for row in rows])
