"""Committed configs of a recorded GPU and of one that is not, in planted places."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.schemas.foreseen import CHOSEN_PARTS, CHOSEN_ROWS, FORESEEN, Order
from scripts.lib.tables import Table
from tests.statistics import test_foreseen as planted


def rows_of() -> pd.DataFrame:
    """CHOSEN_ROWS of the placed configs, and one that is not legal."""
    own = planted.places()
    mine = own[own["order"].isin([Order.SIM, Order.MEASURED])].assign(reason=None, asked=True)
    gone = mine.iloc[[0]].assign(reason="scale_block", asked=False, tokens=4096)
    return pd.concat([mine, gone], ignore_index=True)[CHOSEN_ROWS.names]


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """FORESEEN as the statistics make it, and what it is made of."""
    return {
        "foreseen": (planted.found(), FORESEEN),
        "chosen_rows": (rows_of(), CHOSEN_ROWS),
        "chosen_parts": (planted.parts(), CHOSEN_PARTS),
    }


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: one for each estimate, one for each replaced part."""
    found = summary["foreseen"].values()
    orders = (order for one in found for formats in one["orders"].values() for order in
              formats.values())  # fmt: skip
    return sum(map(len, orders)) + sum(len(one.get("parts", {})) for one in found)
