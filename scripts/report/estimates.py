"""Figures of the summary as the tables have them: estimates with their intervals, rounded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Section = dict[str, Any]
SIGNIFICANT = 6


def rounded(value: Any) -> Any:
    """Floats to 6 significant digits, all through; NaN becomes None, whole floats stay floats."""
    if isinstance(value, dict):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.{SIGNIFICANT}g}")
    return value


def merged(first: Section, second: Section) -> Section:
    """Both, all through; where both have a value, the second's."""
    out = dict(first)
    for key, value in second.items():
        old = out.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            value = merged(old, value)  # noqa: PLW2901
        out[key] = value
    return out


def estimated(
    row: Mapping[Any, Any],
    of: str = "value",
    *,
    ends: str = "",
    n: str | None = "n",
    lacking: bool = False,
) -> Section:
    """``{mean, ci, n}`` of a row: every estimate of the summary is one.

    Columns: ``of`` has the mean, ``{ends}low`` and ``{ends}high`` the interval, ``n`` how many it
    is of (None: not said). ``lacking``: the interval of a row without one is None; else its ends
    are, which may also be infinite.
    """
    interval = [number(row[f"{ends}low"]), number(row[f"{ends}high"])]
    found: Section = {"mean": number(row[of])}
    found["ci"] = None if lacking and interval[0] is None else interval
    return found if n is None else found | {"n": int(row[n])}


def estimate(row: Mapping[Any, Any]) -> Section:
    """A row of any table with the columns of an estimate, and how its interval was had."""
    return estimated(row, "mean") | {"ci_by": str(row["ci_by"])}


def both_intervals(row: Mapping[Any, Any]) -> Section:
    """An estimate with the two intervals of which ``ci`` is the wider."""
    return estimate(row) | {
        "ci_rows": [float(row["rows_low"]), float(row["rows_high"])],
        "ci_files": [float(row["clusters_low"]), float(row["clusters_high"])],
    }


def number(value: Any) -> float | None:
    """A plain number, None where a table has none."""
    import pandas as pd  # noqa: PLC0415 - slow to import, and rules read the sections too

    return None if pd.isna(value) else float(value)
