"""F2, the fail-safe: below which win rate a strategy may not be said to win.

A strong form ("S4 beats the committed config") needs the lower end of the win rate's interval at
STRONG_FROM or above. Anything else is said with its rate and interval.

STRONG_FROM is the study's figure to reach for the strict paired win rate. It stands here and not in
the locked spec because it judges sentences and no measurement: a number added to data/spec.yaml
makes a new version of it, whose hash none of the recorded attempts carries.
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from scripts.claims.inputs import records

RULE = "the strong form is off where the lower end of the win rate is under 70%"
STRONG_FROM = 0.7
STRONG = re.compile(
    r"\b(beats?|beat(s|en)? by|outperforms?|superior|dominates?|better than the committed|"
    r"faster than the committed)\b",
    re.IGNORECASE,
)
_STRATEGY = re.compile(r"S\d")


def strong_forms(rates: pd.DataFrame, trials: int) -> dict[str, dict[str, dict[str, Any]]]:
    """By pair (``SRC->DST``) and strategy: lower end of the win rate at K, and whether the strong
    form is on. ``rates``: RATES. K: ``trials``, or the strategy's greatest below it."""  # noqa: D205,D209
    wins = rates[(rates["metric"] == "win") & (rates["K"] <= trials)]
    wins = wins[wins["strategy"].map(lambda name: bool(_STRATEGY.match(name)))]
    last = wins.sort_values("K").drop_duplicates(["source", "target", "strategy"], keep="last")
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in records(last.sort_values(["source", "target", "strategy"])):
        low = None if pd.isna(row.low) else float(row.low)
        on = low is not None and low >= STRONG_FROM
        form = {"K": int(row.K), "n": int(row.n), "win": float(row.mean), "low": low, "on": on}
        found.setdefault(f"{row.source}->{row.target}", {})[str(row.strategy)] = form
    return found
