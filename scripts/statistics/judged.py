"""All metrics of judged rows, each with its four intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from scripts.statistics.bootstrap import Floats, Plan, Statistic
from scripts.statistics.headline_metrics import (
    MEDIANS,
    QUARTILES,
    RATES,
    READ,
    SPEEDUP,
    metrics,
)
from scripts.statistics.intervals import NAMES, NUMBERS, ends_of, estimates, widen_certain
from scripts.statistics.replicates import Codes, means, quantiles, together

AVERAGED = [*RATES, "ratio", SPEEDUP]
METRICS = [*AVERAGED, *QUARTILES, *MEDIANS]
# The column of ``metrics`` that each is taken from.
TAKEN = [*AVERAGED, *MEDIANS]
COLUMNS = [TAKEN.index(SPEEDUP if name in QUARTILES else name) for name in METRICS]


class Part(NamedTuple):
    """Rows, as ``metrics`` takes them, of which the metrics are wanted.

    ``about``: what tells them from others, the columns of the result that begin with it; ``files``:
    what each row belongs to, resampled whole; ``name``: of the stream of resamples.
    """

    about: dict[str, str]
    rows: pd.DataFrame
    files: pd.Series
    name: str


def estimate_metrics(parts: Sequence[Part], plan: Plan, margin: float) -> pd.DataFrame:
    """A row for each of METRICS of each part, at least one: about, metric and INTERVALS.

    ``margin``: of non-inferiority, as of the verdicts.
    """
    every = metrics(pd.concat([part.rows[READ] for part in parts], ignore_index=True), margin)
    stops = np.cumsum([len(part.rows) for part in parts])
    values = np.split(every[TAKEN].to_numpy(dtype=np.float64), stops[:-1])
    found = estimates(
        [
            ends_of(own, pd.factorize(part.files)[0], _statistic, COLUMNS, plan, part.name)
            for own, part in zip(values, parts, strict=True)
        ]
    )
    about = {
        name: np.repeat([part.about[name] for part in parts], len(METRICS))
        for name in parts[0].about
    }
    found = found.assign(**about, metric=METRICS * len(parts))
    numbers = [*NAMES]
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
