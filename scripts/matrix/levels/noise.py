"""What boots of the baseline differ by: the noise that a new boot is judged against.

A boot is a cluster: within it times repeat, between boots they do not. A new boot of the same thing
lies, at the level, within ``t s sqrt(1 + 1/n)`` of the mean of n boots, ``s`` their standard
deviation and t Student's quantile; all of logarithms of times. The standard deviation is pooled
over the models that were booted on the machine more than once and wait for the same: the host or
the GPU (scripts.matrix.verdicts.others).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

Metrics = Mapping[str, float]
BYTES = "peak_bytes"
LEVEL = 0.99  # a matrix makes a hundred comparisons or so: 20 cells, five times each
CRITERION = 0.95  # of the interval that decides one criterion, which was stated before


@dataclass(frozen=True)
class Noise:
    """Of one metric. ``mean``: geometric, of ``boots`` of the baseline; ``deviation``: of a boot's
    logarithm, by ``freedom`` degrees; infinite without repeated boots."""  # noqa: D205,D209

    mean: float
    deviation: float
    freedom: int
    boots: int

    def within(self, level: float, boots: float = 1.0) -> float:
        """A log ratio: how far the mean of so many new boots may be from this mean."""
        if not self.freedom:
            return math.inf
        quantile = float(stdtrit(self.freedom, (1 + level) / 2))
        return quantile * self.deviation * math.sqrt(1 / boots + 1 / self.boots)

    @property
    def floor(self) -> float:
        """How far a new boot may be from the mean, where a whole matrix is compared."""
        return self.within(LEVEL)

    @property
    def floor_of_pairs(self) -> float:
        """The same of ``both x mean / (first x second)``, each of the three one boot."""
        return self.within(LEVEL, 1 / 3)


def noise_of(
    boots: Sequence[Metrics], others: Sequence[Sequence[Metrics]] = ()
) -> dict[str, Noise]:
    """Metric -> Noise, of all that are times; nothing without a boot.

    ``others``: boots of other models' baselines on the machine, a sequence each; they lend their
    spread around their own mean, since it is the host's that boots differ by.
    """
    names = [name for name in (boots[0] if boots else {}) if name != BYTES]
    return {
        name: _noise([[boot[name] for boot in group if name in boot] for group in (boots, *others)])
        for name in names
    }


def _noise(groups: Sequence[Sequence[float]]) -> Noise:
    """Of the first group; the spread is pooled over all."""
    logs = [math.log(one) for one in groups[0]]
    mean = math.exp(sum(logs) / len(logs))
    return Noise(mean, *pooled(groups), len(logs))


def pooled(groups: Sequence[Sequence[float]]) -> tuple[float, int]:
    """Standard deviation of logarithms around their groups' means, and its degrees of freedom.

    Infinite without a group of two.
    """
    logs = [[math.log(one) for one in group] for group in groups if group]
    freedom = sum(len(group) - 1 for group in logs)
    if not freedom:
        return math.inf, 0
    squares = sum((one - sum(group) / len(group)) ** 2 for group in logs for one in group)
    return math.sqrt(squares / freedom), freedom


def known(noise: Mapping[str, Noise]) -> bool:
    """Whether there were boots enough to know it."""
    return bool(noise) and all(one.freedom for one in noise.values())
