"""Finals that end once they decide, so that rounds are spent where configs are close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from scripts.lib.judging.medians import median_intervals

Entry = Mapping[str, int]
Key = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Race:
    """When finals end before the protocol's rounds.

    ``margin``: see ``decided``. ``least``: rounds before the first look; that many on one side are
    shown to be, also among the rows of fifty files (Holm), and each half of them has an interval.
    ``every``: rounds between two looks.
    """

    margin: float = 0.01
    least: int = 20
    every: int = 4

    def over(self, entries: Sequence[Entry], samples: Sequence[Sequence[float]]) -> bool:
        """Whether finals of these slots may end with rounds [rounds][slots]."""
        rounds = len(samples)
        if rounds < self.least or (rounds - self.least) % self.every:
            return False
        return decided(samples, first_slots(entries), self.margin)


def key_of(entry: Entry) -> Key:
    """A config's parameters, to look it up by."""
    return tuple(sorted(entry.items()))


def first_slots(entries: Sequence[Entry]) -> list[int]:
    """The first slot of each different config."""
    found: dict[Key, int] = {}
    for slot, entry in enumerate(entries):
        found.setdefault(key_of(entry), slot)
    return list(found.values())


def decided(samples: Sequence[Sequence[float]], slots: Sequence[int], margin: float) -> bool:
    """Whether rounds [rounds][slots] tell every two of these slots apart, or that they are alike.

    Either the interval of their median ratio is no wider than the margin, which does not depend on
    who wins, or it lies wholly beyond the margin on one side. Looks are repeated, so an interval
    that merely leaves 1 out does not end the finals: that would find winners among equals.
    """
    us = np.asarray(samples, dtype=np.float64)
    pairs = list(combinations(slots, 2))
    if not pairs:
        return True
    one, other = np.array(pairs).T
    _, low, high = median_intervals(us[:, one] / us[:, other]).T
    return bool(((high - low <= margin) | (high < 1 - margin) | (low > 1 + margin)).all())
