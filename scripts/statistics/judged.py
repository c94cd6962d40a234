"""All metrics of judged rows, each with its four intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.statistics.bootstrap import Floats, Plan, Statistic
from scripts.statistics.headline_metrics import MEDIANS, QUARTILES, RATES, SPEEDUP, metrics
from scripts.statistics.intervals import NUMBERS, estimate, widen_certain
from scripts.statistics.replicates import Codes, means, quantiles, together

AVERAGED = [*RATES, "ratio", SPEEDUP]
METRICS = [*AVERAGED, *QUARTILES, *MEDIANS]
# The column of ``metrics`` that each is taken from.
TAKEN = [*AVERAGED, *MEDIANS]
COLUMNS = [TAKEN.index(SPEEDUP if name in QUARTILES else name) for name in METRICS]


def estimate_metrics(
    rows: pd.DataFrame, files: pd.Series, plan: Plan, name: str, margin: float
) -> pd.DataFrame:
    """A row for each of METRICS: metric and INTERVALS. ``rows``: as ``metrics`` takes them.

    ``files``: what each row belongs to, resampled whole; ``name``: of the stream of resamples;
    ``margin``: of non-inferiority, as of the verdicts.
    """
    codes = pd.factorize(files)[0]
    values = metrics(rows, margin)[TAKEN].to_numpy(dtype=np.float64)
    found = estimate(values, codes, _statistic, COLUMNS, plan, name).assign(metric=METRICS)
    numbers = found.columns.drop("metric")
    rates, logs = found["metric"].isin(RATES), found["metric"] == "ratio"
    found.loc[rates, numbers] = widen_certain(found.loc[rates, numbers], plan.level)
    found.loc[logs, NUMBERS] = np.exp(found.loc[logs, NUMBERS])
    return found


def _statistic(values: Floats, units: Codes) -> Statistic:
    """METRICS of the columns TAKEN."""
    speedup = [TAKEN.index(SPEEDUP)]
    return together(
        means(values[:, : len(AVERAGED)], units),
        quantiles(values[:, speedup], units, [*QUARTILES.values()]),
        quantiles(values[:, len(AVERAGED) :], units, [0.5]),
    )
