"""The timing routine: the only place where latency is measured, with the reason for each line.

A sample is the GPU time between two events around one replay of a candidate's CUDA graph,
divided by the passes in it. The graph holds one pass per routing draw and weight set, so no pass
reads weights that the cache kept from the one before, and every candidate sees the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scripts.lib.judging.medians import median_interval
from scripts.lib.outcome import Stop
from scripts.measure.protocol import Protocol

# Time ``count`` replays back to back: microseconds of each. Nothing is synchronised between.
Timer = Callable[[int], list[float]]


@dataclass(frozen=True)
class Sampled:
    """Samples of one candidate, us a pass, in time order, and why sampling ended."""

    us: list[float]
    stopped_by: Stop


def median_ends(us: Sequence[float]) -> tuple[float, float]:
    """Ends of the median's 95% interval; of fewer than six samples, which have none, the range.

    A config that is cut as slow has two. Its range is recorded and judges nothing: a verdict is
    by interleaved rounds, where too few have no interval.
    """
    _, low, high = median_interval(us)
    return (min(us), max(us)) if np.isnan(low) else (low, high)


def relative_half_width(us: Sequence[float]) -> float:
    """Half the width of the median's interval over the median."""
    low, high = median_ends(us)
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
        if racing and best_us is not None and median_ends(us)[0] > best_us:
            return Sampled(us, Stop.SLOW)
        if len(us) + protocol.batch > protocol.cap:
            return Sampled(us, Stop.CAP)
        us += timer(protocol.batch)
    return Sampled(us, Stop.PRECISION)
