"""The intervals of the headline: by rows and by files, percentile and BCa; the widest is quoted.

The rows of one config file were tuned in one sitting, so files are resampled too, and as they are
few, with the tails that Student's t asks for. What each of the procedures covers is measured by
``scripts.statistics.calibration``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scripts.lib.schemas.headline import INTERVALS, LEAST_FILES
from scripts.statistics.bootstrap import Floats, Plan, Statistic
from scripts.statistics.replicates import Codes, deviates, effective, resample

WAYS = ("rows", "rows_bca", "clusters", "clusters_bca")
NUMBERS = ["value", "low", "high", *(f"{way}_{end}" for way in WAYS for end in ("low", "high"))]
NAMES = [column.name for column in INTERVALS]
Make = Callable[[Floats, Codes], Statistic]
Ends = dict[str, npt.NDArray[Any]]


def ends_of(
    values: Floats, files: Codes, make: Make, columns: Sequence[int], plan: Plan, name: str
) -> Ends:
    """Every metric of a statistic with the ends of its intervals: by name, shape (metrics,).

    ``values``: (rows, columns), NaN for a row without the metric. ``files``: the file of each
    row, coded from 0. ``make`` turns values and the units that own their rows into the statistic;
    ``columns`` says of which column each of its metrics is. Rows and files are drawn from the
    stream that ``name`` names.
    """
    generator = plan.generator(name)
    found: Ends = {}
    for way, units in (("rows", np.arange(len(values))), ("clusters", files)):
        count = int(units.max()) + 1
        statistic = make(values, units)
        point = statistic(np.ones((1, count)))[0]
        both = np.full((2, 2, len(point)), np.nan)
        if count > 1:
            replicates = resample(statistic, count, plan, generator)
            ends = deviates(plan.level, effective(values[:, columns], units))
            both = np.stack([replicates.percentile(ends), replicates.corrected(ends)])
        for kind, (low, high) in zip((way, f"{way}_bca"), both, strict=True):
            found |= {f"{kind}_low": low, f"{kind}_high": high}
    present = ~np.isnan(values[:, columns])
    own_files = np.array([len(np.unique(files[column])) for column in present.T])
    return {"value": point, "n": present.sum(axis=0), "files": own_files, **found}


def estimates(found: Sequence[Ends]) -> pd.DataFrame:
    """Columns INTERVALS, a row for each metric of each ``ends_of``; at least one.

    One table for all: a table for each of hundreds takes as long as its resamples.
    """
    return quote_widest(
        pd.DataFrame({name: np.concatenate([one[name] for one in found]) for name in found[0]})
    )


def quote_widest(frame: pd.DataFrame) -> pd.DataFrame:
    """Quote the widest interval of each row; ``ci_by`` is none where there is not any.

    Values that are all the same give an interval of no width, which would claim certainty: none.
    """
    lows = frame[[f"{way}_low" for way in WAYS]].to_numpy(dtype=float)
    highs = frame[[f"{way}_high" for way in WAYS]].to_numpy(dtype=float)
    width = np.nan_to_num(highs - lows, nan=-1.0)
    widest = width.argmax(axis=1)
    rows = np.arange(len(frame))
    scale = np.maximum(np.abs(frame["value"].to_numpy(dtype=float)), 1.0)
    some = width[rows, widest] > 1e-9 * scale  # more than the rounding of sums
    return frame.assign(
        low=np.where(some, lows[rows, widest], np.nan),
        high=np.where(some, highs[rows, widest], np.nan),
        ci_by=np.where(some, np.array(WAYS, dtype=object)[widest], "none"),
        held=frame["files"] >= LEAST_FILES,
    )[NAMES]


def widen_certain(estimates: pd.DataFrame, level: float) -> pd.DataFrame:
    """Rates of 0 and 1 with the exact binomial interval, as ``bootstrap.widen_certain_rates``."""
    edge = ((1 - level) / 2) ** (1 / estimates["n"].clip(lower=1))
    never, always = estimates["value"] == 0, estimates["value"] == 1
    out = estimates.copy()
    out["low"] = np.select([never, always], [0.0, edge], out["low"])
    out["high"] = np.select([never, always], [1 - edge, 1.0], out["high"])
    out["ci_by"] = np.where(never | always, "exact", out["ci_by"])
    return out
