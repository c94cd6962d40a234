"""Section of the summary on what tuning a config file costs, here and by the published method."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.schemas.recorded import CostOf

Section = dict[str, Any]
TOTAL = "total"
# Key of the summary -> whose total it is.
HEADLINES = {
    "gpu_seconds_18_batches": CostOf.GRAPHX,
    "upstream_gpu_seconds_18_batches": CostOf.UPSTREAM,
    "upstream_gpu_seconds_18_batches_cached": CostOf.UPSTREAM_CACHED,
    "ratio": CostOf.RATIO,
    "ratio_cached": CostOf.RATIO_CACHED,
}


def cost(rows: pd.DataFrame) -> Section:
    """The first GPU's totals as plain figures, and all rows under ``tuned``; empty without any.

    ``rows``: COST.
    """
    if rows.empty:
        return {}
    first = rows[(rows["device"] == rows["device"].iloc[0]) & (rows["part"] == TOTAL)]
    totals = first.set_index("what")["value"]
    tuned: Section = {}
    for row in rows.to_dict("records"):
        name = f"{row['device']}/{row['shape_id']}"
        entry = tuned.setdefault(name, {"batches": int(row["batches"])})
        entry.setdefault(str(row["what"]), {})[str(row["part"])] = _figure(row)
    return {key: float(totals[what]) for key, what in HEADLINES.items()} | {"tuned": tuned}


def _figure(row: dict[Any, Any]) -> Section:
    """``{value, configs}``, of what was sampled with the interval and the number of samples."""
    figure = {"value": float(row["value"]), "configs": int(row["configs"])}
    if pd.isna(row["samples"]):
        return figure
    return figure | {"ci": [float(row["low"]), float(row["high"])], "n": int(row["samples"])}
