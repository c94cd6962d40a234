"""The timing routine: the only place where latency is measured, with the reason for each line.

A sample is the GPU time between two events around one replay of a candidate's CUDA graph,
divided by the passes in it. The graph holds one pass per routing draw and weight set, so no pass
reads weights that the cache kept from the one before, and every candidate sees the same draws.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from scripts.lib.outcome import Stop
from scripts.measure.protocol import Protocol

# Time ``count`` replays back to back: microseconds of each. Nothing is synchronised between.
Timer = Callable[[int], list[float]]


@dataclass(frozen=True)
class Sampled:
    """Samples of one candidate, us a pass, in time order, and why sampling ended."""

    us: list[float]
    stopped_by: Stop


@functools.cache
def _rank(n: int, confidence: float) -> int:
    """Largest j for which [x(j), x(n-1-j)] of n sorted samples covers the median.

    It misses with probability 2 P(B <= j), B ~ binomial(n, 1/2). Cached: called per look, and
    scipy's distribution takes longer than a replay.
    """
    tail = (1 - confidence) / 2
    j = int(stats.binom.ppf(tail, n, 0.5))
    if stats.binom.cdf(j, n, 0.5) > tail:
        j -= 1
    return max(j, 0)


def median_interval(us: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Distribution-free interval of the median by order statistics.

    With fewer than 6 samples no pair of order statistics covers 95%; the range is returned.
    """
    ordered = np.sort(np.asarray(us, dtype=float))
    j = _rank(len(ordered), confidence)
    return float(ordered[j]), float(ordered[len(ordered) - 1 - j])


def relative_half_width(us: Sequence[float]) -> float:
    """Half the width of the median's interval over the median."""
    low, high = median_interval(us)
    return (high - low) / 2 / float(np.median(us))


def sample(
    timer: Timer, protocol: Protocol, best_us: float | None, *, racing: bool = False
) -> Sampled:
    """Sample until the median is precise enough, the cap is met, or the config is clearly slow.

    ``best_us``: the fastest config of the cell so far, to cut slow ones; None for none. ``racing``:
    also cut one as soon as the interval of its median lies above that, by however little.
    """
    # The first replay pays for uploading the graph; it only tells how slow the config is.
    first = timer(1)[0]
    if best_us is not None and first > protocol.slow_ratio * best_us:
        us = timer(protocol.slow_samples)
        if float(np.median(us)) > protocol.slow_ratio * best_us:
            return Sampled(us, Stop.SLOW)
    us = timer(protocol.batch)
    while relative_half_width(us) > protocol.precision:
        if racing and best_us is not None and median_interval(us)[0] > best_us:
            return Sampled(us, Stop.SLOW)
        if len(us) + protocol.batch > protocol.cap:
            return Sampled(us, Stop.CAP)
        us += timer(protocol.batch)
    return Sampled(us, Stop.PRECISION)
