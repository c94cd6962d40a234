"""Section of the summary: regret against trials of every search, replayed on complete cells."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.report.search_words import CLASSES, HEADLINE

Section = dict[str, Any]
_SHARES = ("within_1", "within_2", "within_5", "within_10", "tied")


def search(rates: pd.DataFrame, costs: pd.DataFrame) -> Section:
    """``[strategy]``: regret by K, shares within, trials and GPU seconds to within 2%, score.

    ``rates``: SEARCH_RATES; ``costs``: SEARCH_COSTS. The headline has its ``classes`` too.
    """
    keys = ["strategy", "group", "value"]
    by_key = {tuple(map(str, key)): rows for key, rows in rates.groupby(keys, sort=True)}
    out: Section = {}
    for row in costs.to_dict("records"):
        strategy, group, value = (str(row[name]) for name in keys)
        reading = _reading(by_key[strategy, group, value], row)
        if group == "all":
            out.setdefault(strategy, {}).update(reading)
        elif strategy == HEADLINE and group in CLASSES:
            classes = out.setdefault(strategy, {}).setdefault("classes", {})
            classes.setdefault(group, {})[value] = reading
    return out


def _reading(rates: pd.DataFrame, costs: dict[Any, Any]) -> Section:
    budgets = [str(k) for k in rates["K"]]
    section: Section = {name: int(costs[name]) for name in ("n", "runs", "seeds")}
    section["regret"] = {
        str(row.K): {
            "mean": _number(row.regret),
            "ci": [_number(row.regret_low), _number(row.regret_high)],
            "n": int(str(row.n)),
        }
        for row in rates.itertuples()
    }
    for share in _SHARES:
        section[share] = dict(zip(budgets, map(float, rates[share]), strict=True))
    section["arrived"] = float(costs["arrived"])
    for name in ("trials", "gpu_seconds"):
        section[f"{name}_to_2pct"] = {
            end: _number(costs[f"{name}_{end}"]) for end in ("median", "p95")
        }
    if not pd.isna(costs["trials_median_low"]):
        section["trials_to_2pct_intervals"] = {
            end: {
                "mean": _number(costs[f"trials_{end}"]),
                "ci": [_number(costs[f"trials_{end}_{side}"]) for side in ("low", "high")],
                "n": int(costs["n"]),
            }
            for end in ("median", "p95")
        }
    return section | {
        "trials": float(costs["trials_made"]),
        "gpu_seconds": float(costs["gpu_seconds"]),
        "score": float(costs["score"]),
    }


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
