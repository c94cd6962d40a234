"""What boots of the baseline differ by: the noise that a new boot is judged against.

A boot is a cluster: within it times repeat, between boots they do not. A new boot of the same thing
lies, at the level, within ``t s sqrt(1 + 1/n)`` of the mean of n boots, ``s`` their standard
deviation and t Student's quantile; all of logarithms of times. The standard deviation is pooled
over the models that were booted on the machine more than once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

Metrics = Mapping[str, float]
BYTES = "peak_bytes"
LEVEL = 0.99  # a matrix makes a hundred comparisons or so: 20 cells, five times each


@dataclass(frozen=True)
class Noise:
    """Of one metric. ``mean``: geometric, of ``boots`` of the baseline; ``spread``: t s."""

    mean: float
    spread: float
    boots: int

    @property
    def floor(self) -> float:
        """A log ratio: how far a new boot may be from the mean; infinite without repeated boots."""
        return self.spread * math.sqrt(1 + 1 / self.boots)

    @property
    def floor_of_pairs(self) -> float:
        """The same of ``both x mean / (first x second)``, each of the three one boot."""
        return self.spread * math.sqrt(3 + 1 / self.boots)


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
    logs = [[math.log(one) for one in group] for group in groups if group]
    means = [sum(group) / len(group) for group in logs]
    freedom = sum(len(group) - 1 for group in logs)
    if not freedom:
        return Noise(math.exp(means[0]), math.inf, len(logs[0]))
    pairs = zip(logs, means, strict=True)
    squares = sum((one - mean) ** 2 for group, mean in pairs for one in group)
    quantile = float(stdtrit(freedom, (1 + LEVEL) / 2))
    return Noise(math.exp(means[0]), quantile * math.sqrt(squares / freedom), len(logs[0]))


def known(noise: Mapping[str, Noise]) -> bool:
    """Whether there were boots enough to know it."""
    return bool(noise) and all(math.isfinite(one.spread) for one in noise.values())
