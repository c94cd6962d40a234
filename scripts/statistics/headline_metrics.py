"""The metrics of a triple as columns of numbers: NaN where a triple has none.

``win_rate`` counts as the study that this one is compared with does: at or under the committed
config's latency, whatever the noise. ``win``, ``tie`` and ``loss`` are paired verdicts at the
margin; a copy that failed has lost and is within nothing. ``non_inferior``: shown to be slower by
no more than the margin; ``equal``: the ties shown to be ties, ``open``: those that are not. WIDENED
are the same by intervals that allow for what identical pairs of the batch size differ by.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.lib.judging.bands import within
from scripts.lib.judging.decision import LOSS, TIE, WIN, decide, equal, non_inferior
from scripts.lib.schemas.headline import LEAST_FILES, Choice, Group
from scripts.statistics.aa_rates import widen

GAPS = ("gap_days_last", "gap_days_first")
WITHIN = within(1, 2, 5, 10)
SHOWN = ("non_inferior", "equal", "open")
WIDENED = ("win_widened", "loss_widened", "non_inferior_widened")
RATES = ("win_rate", "win_or_tie", WIN, TIE, LOSS, *WITHIN, *SHOWN, *WIDENED, "flips")
SPEEDUP = "speedup_winners"
QUARTILES = {f"{SPEEDUP}_q1": 0.25, f"{SPEEDUP}_median": 0.5, f"{SPEEDUP}_q3": 0.75}
# Quantities of which the median is quoted.
MEDIANS = ("trials", "label_noise")
JUDGED = ["ratio", "low", "high", "verdict"]
READ = [*JUDGED, "error", *MEDIANS, "flips"]  # by ``metrics``
# States of the GPU of which triples are told apart, by the column that holds them.
STATES = {
    "steadiness": (Group.STEADY, Group.DRIFTED, Group.UNPROBED),
    "power": (Group.POWER_LIMITED, Group.POWER_FREE),
}


def metrics(rows: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Columns RATES, ratio (its logarithm), SPEEDUP and MEDIANS; index as in ``rows``.

    ``rows``: READ. Speed-up is committed over chosen
    less 1, of the wins.
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
        **widened(rows, margin),
    }
    out = pd.DataFrame({name: mark.astype(float).where(judged) for name, mark in marks.items()})
    out["flips"] = rows["flips"].astype(float)
    out["ratio"] = np.log(ratio)
    out[SPEEDUP] = (1 / ratio - 1).where(verdict == WIN)
    out[[*MEDIANS]] = rows[[*MEDIANS]].astype(float)
    return out


def widened(rows: pd.DataFrame, margin: float) -> dict[str, pd.Series]:
    """WIDENED marks of rows with JUDGED and error; what failed has lost however wide."""
    low, high = widen(rows["low"], rows["high"], rows["error"])
    words = pd.Series(decide(low, high, margin), index=rows.index)
    failed = (rows["verdict"] == LOSS) & rows["ratio"].isna()
    shown = pd.Series(non_inferior(high, margin), index=rows.index)
    return dict(zip(WIDENED, (words == WIN, (words == LOSS) | failed, shown), strict=True))


def groups(rows: pd.DataFrame, choice: Choice) -> dict[Group, pd.DataFrame]:
    """The triples of a pair, and those parts of them that are neither all nor none.

    ``rows``: with files, ratio, target_censored, steadiness and power.
    """
    censored = rows["target_censored"].notna()
    parts = {
        Group.STEADY: rows["steadiness"] == Group.STEADY,
        Group.CENSORED: censored,
        Group.UNCENSORED: ~censored,
    }
    if rows["files"].nunique() >= LEAST_FILES:  # of fewer a part has no interval that holds
        parts |= {state: rows[name] == state for name, some in STATES.items() for state in some}
    if choice is Choice.COPY:
        parts[Group.LEGAL] = rows["ratio"].notna()
    mixed = {name: rows[mask] for name, mask in parts.items() if 0 < mask.sum() < len(rows)}
    return {Group.ALL: rows, **mixed}
