"""Replicates of a statistic and the two intervals that they give: percentile and BCa.

BCa mends bias and skew (Efron, JASA 82 (1987) 171-185; jackknife acceleration as in Efron and
Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 14). Of few units both come out too
narrow: a resample of n units spreads by (n - 1)/n of the variance and knows no t distribution. The
tails can therefore be moved out as far as Student's t asks (the expanded percentile interval of
Hesterberg, The American Statistician 69 (2015) 371-386).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import special

from scripts.statistics.bootstrap import BLOCK, Floats, Plan, Statistic, replicate

Codes = npt.NDArray[np.intp]


def means(values: Floats, units: Codes) -> Statistic:
    """The mean of each column of (rows, metrics), NaN left out; ``units`` own the rows."""
    present = ~np.isnan(values)
    shape = (int(units.max()) + 1, values.shape[1])
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, units, np.where(present, values, 0.0))
    np.add.at(counts, units, present.astype(np.float64))
    if present.all():
        # One column serves them all, which halves the work.
        counts = counts[:, :1]

    def statistic(weights: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            found: Floats = (weights @ sums) / (weights @ counts)
        return found

    return statistic


def together(*statistics: Statistic) -> Statistic:
    """Several statistics on the same resamples, their metrics side by side."""

    def statistic(weights: Floats) -> Floats:
        return np.hstack([one(weights) for one in statistics])

    return statistic


def quantiles(values: Floats, units: Codes, shares: Sequence[float]) -> Statistic:
    """Quantiles of each column of (rows, columns), NaN left out: those of the first column first.

    Where two values fit, their middle: the second definition of Hyndman and Fan, The American
    Statistician 50 (1996) 361-365, whose median is the usual one and which takes whole weights.
    """
    columns = []
    for column in values.T:
        rows = np.flatnonzero(~np.isnan(column))
        rows = rows[np.argsort(column[rows], kind="stable")]
        columns.append((column[rows], units[rows]))

    def statistic(weights: Floats) -> Floats:
        whole = weights.astype(np.int32)
        # Units own many rows: what a block of resamples expands to has to stay in the cache too.
        step = max(1, BLOCK // len(values))
        blocks = [whole[start : start + step] for start in range(0, len(whole), step)]
        return np.concatenate(
            [
                np.hstack([_weighted(ordered, block[:, of], shares) for ordered, of in columns])
                for block in blocks
            ]
        )

    return statistic


def _weighted(ordered: Floats, weights: npt.NDArray[np.int32], shares: Sequence[float]) -> Floats:
    """Quantiles of sorted values under each row of weights; NaN where all weights are 0.

    The weights of all rows are summed up in one go, so that the place of a quantile is found by
    bisection: comparing each sum with what is wanted takes several times as long.
    """
    found = np.full((len(weights), len(shares)), np.nan)
    if not len(ordered):
        return found
    upto = np.cumsum(weights.ravel(), dtype=np.int32)
    ends = upto[len(ordered) - 1 :: len(ordered)]
    before = np.append(np.int32(0), ends[:-1])
    total, start = ends - before, np.arange(len(weights)) * len(ordered)
    some = total > 0
    for place, share in enumerate(shares):
        wanted = total * share
        # The first sum that reaches it, and the first beyond it.
        targets = np.ceil(wanted), np.floor(wanted) + 1
        first, after = (np.searchsorted(upto, before + t.astype(np.int32)) - start for t in targets)
        found[some, place] = (ordered[first[some]] + ordered[after[some]]) / 2
    return found


@dataclass(frozen=True)
class Replicates:
    """A statistic of the sample (metrics,), of its resamples, sorted, and of all units but one."""

    point: Floats
    drawn: Floats
    left_out: Floats

    def percentile(self, deviates: Floats) -> Floats:
        """Ends at two normal deviates, (2, 1) or (2, metrics); NaN where there is no resample."""
        return self._read(special.ndtr(deviates))

    def corrected(self, deviates: Floats) -> Floats:
        """BCa ends, (2, metrics); NaN where it says nothing.

        That is where no resample lies on one side of the estimate, where leaving units out
        changes nothing, and past the pole of the correction, where the ends change places.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            z = self._bias + deviates
            stretch = 1 - self._skew * z
            shares = special.ndtr(self._bias + z / stretch)
        usable = np.isfinite(self._bias) & (stretch > 0).all(axis=0)
        return self._read(np.where(usable, shares, np.nan))

    @cached_property
    def _bias(self) -> Floats:
        """Where the estimate stands among its resamples; those equal to it count half."""
        # The same draws summed in another order may differ in the last digit, and are equal.
        near = 1e-12 * np.abs(self.point)
        below = (self.drawn < self.point - near).sum(axis=0)
        below += (self.drawn <= self.point + near).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            bias: Floats = special.ndtri(below / (2 * self._known))
        return bias

    @cached_property
    def _skew(self) -> Floats:
        known = ~np.isnan(self.left_out)
        middle = np.nansum(self.left_out, axis=0) / known.sum(axis=0)
        apart = middle - self.left_out
        spread = np.nansum(apart**2, axis=0)
        skew: Floats = np.nansum(apart**3, axis=0) / (6 * spread**1.5)
        return skew

    @cached_property
    def _known(self) -> Floats:
        known: Floats = (~np.isnan(self.drawn)).sum(axis=0).astype(np.float64)
        return known

    def _read(self, shares: Floats) -> Floats:
        """``numpy.quantile`` of sorted columns at shares of their own, (2, metrics)."""
        shares = np.broadcast_to(shares, (2, len(self.point)))
        known = np.isfinite(shares).all(axis=0)
        place = np.where(known, shares, 0.5) * np.maximum(self._known - 1, 0)
        low, high = np.floor(place).astype(np.intp), np.ceil(place).astype(np.intp)
        start, end = (np.take_along_axis(self.drawn, at, axis=0) for at in (low, high))
        return np.where(known, start + (end - start) * (place - low), np.nan)


def resample(
    statistic: Statistic, units: int, plan: Plan, generator: np.random.Generator
) -> Replicates:
    """Replicates of a statistic over that many units."""
    drawn = replicate(statistic, units, plan.resamples, generator)
    drawn.sort(axis=0)
    return Replicates(statistic(np.ones((1, units)))[0], drawn, statistic(1.0 - np.eye(units)))


def deviates(level: float, units: Floats | None = None) -> Floats:
    """Normal deviates of the two ends, (2, 1); moved out as t asks of so few, (2, metrics).

    ``units``: the effective number of each metric.
    """
    tail = (1 - level) / 2
    if units is None:
        return np.array([[special.ndtri(tail)], [-special.ndtri(tail)]])
    few = np.where(units > 1, units, np.nan)
    end = -special.stdtrit(few - 1, tail) * np.sqrt(few / (few - 1))
    return np.stack([-end, end])


def effective(values: Floats, units: Codes) -> Floats:
    """How many units of one size would tell as much of each column, (rows, columns), as these.

    Where some units hold many more rows than others, a mean rests on those: Kish's (sum n)^2 /
    sum n^2, which Carter, Schnepel and Steigerwald, Review of Economics and Statistics 99 (2017)
    698-709, show to govern how far an interval by clusters is to be trusted.
    """
    sizes = np.zeros((int(units.max()) + 1, values.shape[1]))
    np.add.at(sizes, units, (~np.isnan(values)).astype(np.float64))
    squares = (sizes**2).sum(axis=0)
    found: Floats = sizes.sum(axis=0) ** 2 / np.where(squares > 0, squares, np.nan)
    return found
