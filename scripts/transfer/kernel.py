"""How alike the latencies of two configs are: the covariance of the Gaussian process.

The logarithm of a latency, less what is expected of it, is the sum of four independent parts:
- a level, the same for all configs of a cell and as good as unknown;
- a smooth part: Matern 3/2 over the base-2 logarithms of the parameters, each with a length of its
  own (automatic relevance determination; Rasmussen and Williams, Gaussian Processes for Machine
  Learning, 2006, chapters 4 and 5);
- a part that configs of one kind share (all but GROUP_SIZE_M alike, hence one binary);
- a part of each config alone.
Measurements add their noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scripts.transfer.legal import AXES, LegalSpace

Array = NDArray[np.float64]

LEVEL = 3.0  # log units: cells lie between 10 us and 100 ms, that is within two of these
NOISE = 0.004  # log units: about the half-width at which sampling stops (0.5%)
_VENDOR_AXES = ("waves_per_eu", "matrix_instr_nonkdim", "kpack")
_VENDOR_LENGTH = 3.0  # no record to learn it from: as long as the longer of the learned ones


@dataclass(frozen=True)
class Kernel:
    """Standard deviations in log units; ``lengths`` in doublings, one for each of ``AXES``."""

    smooth: float
    lengths: tuple[float, ...]
    kind: float
    own: float

    def __post_init__(self) -> None:
        if len(self.lengths) != len(AXES):
            raise ValueError(f"{len(self.lengths)} lengths for {len(AXES)} axes")

    def wider(self, times: float) -> Kernel:
        """As alike, and missed by so many times as much."""
        return replace(
            self, smooth=self.smooth * times, kind=self.kind * times, own=self.own * times
        )


def matern(squared: Array) -> Array:
    """Matern 3/2 correlation at a squared distance in units of length."""
    distance = np.sqrt(3.0 * squared)
    return np.asarray((1.0 + distance) * np.exp(-distance))


class Covariance:
    """Covariance between the configs of a space, a row at a time and each row once."""

    def __init__(self, kernel: Kernel, legal: LegalSpace) -> None:
        self.kernel, self.legal = kernel, legal
        # Memory that is not written to is not taken.
        self._rows = np.empty((len(legal), len(legal)))
        self._known: set[int] = set()

    @cached_property
    def _scaled(self) -> Array:
        lengths = np.array(self.kernel.lengths)
        vendor = [
            [np.log2(1 + (getattr(config, axis) or 0)) / _VENDOR_LENGTH for axis in _VENDOR_AXES]
            for config in self.legal.configs
        ]
        return np.hstack([self.legal.coordinates / lengths, np.array(vendor)])

    @property
    def variance(self) -> float:
        """Of the latency of any config."""
        kernel = self.kernel
        return LEVEL**2 + kernel.smooth**2 + kernel.kind**2 + kernel.own**2

    def row(self, place: int) -> Array:
        """Covariance of one config with all of the space, shape (configs,)."""
        if place not in self._known:
            kernel, scaled = self.kernel, self._scaled
            row = kernel.smooth**2 * matern(((scaled - scaled[place]) ** 2).sum(axis=1))
            row += kernel.kind**2 * (self.legal.kinds == self.legal.kinds[place])
            row[place] += kernel.own**2
            self._rows[place] = row + LEVEL**2
            self._known.add(place)
        return np.asarray(self._rows[place])

    def block(self, places: NDArray[np.int64]) -> Array:
        """Covariance between some configs, shape (places, places)."""
        for place in set(places.tolist()) - self._known:
            self.row(place)
        return np.asarray(self._rows[places[:, None], places])
