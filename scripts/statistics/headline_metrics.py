"""The metrics of a triple as columns of numbers: NaN where a triple has none.

``win_rate`` counts as the study that this one is compared with does: at or under the committed
config's latency, whatever the noise. ``win``, ``tie`` and ``loss`` are paired verdicts at the
margin; a copy that failed has lost and is within nothing. ``non_inferior``: shown to be slower by
no more than the margin; ``equal``: the ties shown to be ties, ``open``: those that are not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.lib.judging.bands import within
from scripts.lib.judging.decision import LOSS, TIE, WIN, equal, non_inferior
from scripts.lib.schemas.headline import Choice, Group

GAPS = ("gap_days_last", "gap_days_first")
WITHIN = within(1, 2, 5, 10)
SHOWN = ("non_inferior", "equal", "open")
RATES = ("win_rate", "win_or_tie", WIN, TIE, LOSS, *WITHIN, *SHOWN, "flips")
SPEEDUP = "speedup_winners"
QUARTILES = {f"{SPEEDUP}_q1": 0.25, f"{SPEEDUP}_median": 0.5, f"{SPEEDUP}_q3": 0.75}
# Quantities of which the median is quoted.
MEDIANS = ("trials", "label_noise")
JUDGED = ["ratio", "low", "high", "verdict"]


def metrics(rows: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Columns RATES, ratio (its logarithm), SPEEDUP and MEDIANS; index as in ``rows``.

    ``rows``: JUDGED with trials, label_noise and flips. Speed-up is committed over chosen less 1,
    of the wins.
    """
    verdict, ratio = rows["verdict"], rows["ratio"].astype(float)
    same = equal(rows["low"], rows["high"], margin)
    judged = verdict.notna()
    marks = {
        "win_rate": ratio <= 1,
        "win_or_tie": verdict.isin([WIN, TIE]),
        **{word: verdict == word for word in (WIN, TIE, LOSS)},
        **{name: ratio <= limit for name, limit in WITHIN.items()},
        "non_inferior": pd.Series(non_inferior(rows["high"], margin), index=rows.index),
        "equal": (verdict == TIE) & same,
        "open": (verdict == TIE) & ~same,
    }
    out = pd.DataFrame({name: mark.astype(float).where(judged) for name, mark in marks.items()})
    out["flips"] = rows["flips"].astype(float)
    out["ratio"] = np.log(ratio)
    out[SPEEDUP] = (1 / ratio - 1).where(verdict == WIN)
    out[[*MEDIANS]] = rows[[*MEDIANS]].astype(float)
    return out


def groups(rows: pd.DataFrame, choice: Choice) -> dict[Group, pd.DataFrame]:
    """The triples of a pair, and those parts of them that are neither all nor none.

    ``rows``: with ratio, marks and target_censored.
    """
    censored = rows["target_censored"].notna()
    parts = {
        Group.STEADY: rows["marks"].fillna("") == "",
        Group.CENSORED: censored,
        Group.UNCENSORED: ~censored,
    }
    if choice is Choice.COPY:
        parts[Group.LEGAL] = rows["ratio"].notna()
    mixed = {name: rows[mask] for name, mask in parts.items() if 0 < mask.sum() < len(rows)}
    return {Group.ALL: rows, **mixed}
