"""Percentile bootstrap of means, by rows and by clusters.

The rows of one config file were tuned in one sitting, so they are not independent: an interval
from resampling rows alone is too narrow. Both kinds are computed and the wider one is quoted
(Davison and Hinkley, "Bootstrap Methods and their Application", 1997, sections 3.8 and 5.3).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import ThreadpoolController

from scripts.lib.files import InputError
from scripts.lib.schemas.statistics import ESTIMATE

Floats = npt.NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
# A block of draws that stays in a core's cache takes a tenth of the time of all draws at once.
BLOCK = 2**17
ESTIMATE_NAMES = [column.name for column in ESTIMATE]
_INTERVAL_NAMES = ["mean", "low", "high", "rows_low", "rows_high", "clusters_low", "clusters_high"]


@dataclass(frozen=True)
class Plan:
    """How to resample: number of resamples, level of the intervals, seed."""

    resamples: int = 10_000
    level: float = 0.95
    seed: int = 1

    def __post_init__(self) -> None:
        """Raise InputError on a level or a number of resamples that gives no interval."""
        if not 0 < self.level < 1:
            raise InputError(f"level is {self.level}; it must lie between 0 and 1")
        if self.resamples < 1:
            raise InputError(f"resamples is {self.resamples}; it must be at least 1")

    def generator(self, name: str) -> np.random.Generator:
        """A stream of its own for each named group, so that adding a group moves no other."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])


def draw_counts(units: int, resamples: int, generator: np.random.Generator) -> Floats:
    """How often each of ``units`` is drawn in each resample, shape (resamples, units)."""
    drawn = generator.integers(units, size=(resamples, units))
    drawn += np.arange(resamples)[:, None] * units
    counts = np.bincount(drawn.ravel(), minlength=resamples * units)
    return counts.reshape(resamples, units).astype(np.float64)


def replicate(
    statistic: Statistic, units: int, resamples: int, generator: np.random.Generator
) -> Floats:
    """``statistic`` of each resample, shape (resamples, metrics).

    It maps how often each unit was drawn, (resamples, units), to values, (resamples, metrics); it
    is asked block by block, which draws the same as all at once.
    """
    step = max(1, BLOCK // units)
    sizes = [min(step, resamples - start) for start in range(0, resamples, step)]
    # A block is too small to share among threads: waiting for each other doubles the time.
    with _threads().limit(limits=1, user_api="blas"):
        return np.concatenate([statistic(draw_counts(units, size, generator)) for size in sizes])


@cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def estimate_means(values: Floats, clusters: npt.ArrayLike, plan: Plan, name: str) -> pd.DataFrame:
    """Mean of every column with both intervals; one row per column, named as in ``ESTIMATE``.

    ``values`` has shape (rows, metrics); a NaN is a row without that metric and does not enter
    its mean. ``clusters`` names the file of each row. All metrics of one call share their
    resamples. A metric with no value at all has an empty mean and n = 0.
    """
    codes, labels = pd.factorize(np.asarray(clusters))
    present = ~np.isnan(values)
    filled = np.where(present, values, 0.0)
    generator = plan.generator(name)
    by_row = _interval(filled, present.astype(np.float64), plan, generator)
    by_cluster = _interval(
        _sum_by(codes, filled, len(labels)),
        _sum_by(codes, present.astype(np.float64), len(labels)),
        plan,
        generator,
    )
    with np.errstate(invalid="ignore"):
        mean = filled.sum(axis=0) / present.sum(axis=0)
    frame = pd.DataFrame(
        {
            "mean": mean,
            "n": present.sum(axis=0),
            "clusters": (_sum_by(codes, present.astype(np.float64), len(labels)) > 0).sum(axis=0),
            "rows_low": by_row[0],
            "rows_high": by_row[1],
            "clusters_low": by_cluster[0],
            "clusters_high": by_cluster[1],
        }
    )
    return _quote_wider(frame)


def quantile_interval(
    values: Floats, clusters: npt.ArrayLike, quantile: float, plan: Plan, name: str
) -> tuple[float, float]:
    """Ends of the interval of a quantile over rows, infinite ones too; by rows or by clusters.

    The quantile is the upper of two order statistics, so it is a value that occurred; of the two
    intervals the wider is given.
    """
    order = np.argsort(values, kind="stable")
    codes, labels = pd.factorize(np.asarray(clusters))
    generator = plan.generator(name)
    tail = (1 - plan.level) / 2
    found = []
    for units, of_row in ((len(values), order), (len(labels), codes[order])):

        def picks(weights: Floats, of_row: npt.NDArray[np.intp] = of_row) -> Floats:
            drawn = weights.astype(np.int32)[:, of_row].cumsum(axis=1, dtype=np.int32)
            wanted = np.ceil(quantile * (drawn[:, -1:] - 1))
            found: Floats = values[order][(drawn <= wanted).sum(axis=1)][:, None]
            return found

        picked = replicate(picks, units, plan.resamples, generator)[:, 0]
        low = np.quantile(picked, tail, method="lower")
        found.append((float(low), float(np.quantile(picked, 1 - tail, method="higher"))))
    return max(found, key=lambda ends: ends[1] - ends[0] if np.isfinite(ends[0]) else 0.0)


def _sum_by(codes: npt.NDArray[np.intp], values: Floats, units: int) -> Floats:
    total = np.zeros((units, values.shape[1]))
    np.add.at(total, codes, values)
    return total


def _interval(sums: Floats, counts: Floats, plan: Plan, generator: np.random.Generator) -> Floats:
    """Percentile interval of sum/count when units are resampled; shape (2, metrics).

    A resample that draws no unit with a value has no mean and is left out.
    """

    def statistic(weights: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            return (weights @ sums) / (weights @ counts)

    means = replicate(statistic, len(sums), plan.resamples, generator)
    tail = (1 - plan.level) / 2
    ends = np.full((2, means.shape[1]), np.nan)
    some = ~np.isnan(means).all(axis=0)
    quantile = np.nanquantile if np.isnan(means).any() else np.quantile
    ends[:, some] = quantile(means[:, some], [tail, 1 - tail], axis=0)
    return ends


def _quote_wider(frame: pd.DataFrame) -> pd.DataFrame:
    wider = frame.clusters_high - frame.clusters_low > frame.rows_high - frame.rows_low
    return frame.assign(
        low=np.where(wider, frame.clusters_low, frame.rows_low),
        high=np.where(wider, frame.clusters_high, frame.rows_high),
        ci_by=np.where(wider, "clusters", "rows"),
    )[ESTIMATE_NAMES]


def widen_certain_rates(estimates: pd.DataFrame, level: float) -> pd.DataFrame:
    """Give a rate of 0 or 1 the exact binomial interval; resampling it would claim certainty.

    Clopper and Pearson, Biometrika 26 (1934): with no event among n rows the upper end is
    1 - (tail)^(1/n), and with nothing but events the lower end is tail^(1/n).
    """
    edge = ((1 - level) / 2) ** (1 / estimates["n"].clip(lower=1))
    never, always = estimates["mean"] == 0, estimates["mean"] == 1
    out = estimates.copy()
    out["high"] = np.where(never, 1 - edge, out["high"])
    out["low"] = np.where(always, edge, out["low"])
    out["ci_by"] = np.where(never | always, "exact", out["ci_by"])
    return out


def exponentiate(estimates: pd.DataFrame) -> pd.DataFrame:
    """Estimates of mean logarithms as geometric means."""
    out = estimates.copy()
    out[_INTERVAL_NAMES] = np.exp(out[_INTERVAL_NAMES])
    return out


def round_estimates(estimates: pd.DataFrame) -> pd.DataFrame:
    """Keep 10 significant digits, which no order of summation changes."""
    out = estimates.copy()
    out[_INTERVAL_NAMES] = out[_INTERVAL_NAMES].map(round_10)
    return out


def round_10(value: float) -> float:
    """``value`` to 10 significant digits."""
    return float(f"{value:.10g}")
