"""Finals that end once they decide, so that rounds are spent where configs are close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from scripts.lib.judging.looks import EVERY, LEAST, level, looks
from scripts.lib.judging.medians import LEVEL, median_intervals
from scripts.measure.protocol import Protocol

Entry = Mapping[str, int]
Key = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Race:
    """When finals end before the protocol's rounds.

    ``margin``: see ``decided``. ``least``: rounds before the first look; that many on one side are
    shown to be, also among the rows of fifty files (Holm), and each half of them has an interval.
    ``every``: rounds between two looks. ``among_all``: every two configs are to be told apart, not
    only the fastest so far from all others. ``most``: rounds of finals that never decide.
    """

    margin: float = 0.01
    least: int = LEAST
    every: int = EVERY
    among_all: bool = True
    most: int = Protocol().rounds

    @property
    def level(self) -> float:
        """Of the intervals that words rest on, wherever the finals ended."""
        return level(looks(self.most, self.least, self.every))

    def over(self, entries: Sequence[Entry], samples: Sequence[Sequence[float]]) -> bool:
        """Whether finals of these slots may end with rounds [rounds][slots]."""
        rounds = len(samples)
        if rounds < self.least or (rounds - self.least) % self.every:
            return False
        slots = first_slots(entries)
        pairs = every_two(slots) if self.among_all else of_fastest(samples, slots)
        return decided(samples, pairs, self.margin, self.level)


def key_of(entry: Entry) -> Key:
    """A config's parameters, to look it up by."""
    return tuple(sorted(entry.items()))


def first_slots(entries: Sequence[Entry]) -> list[int]:
    """The first slot of each different config."""
    found: dict[Key, int] = {}
    for slot, entry in enumerate(entries):
        found.setdefault(key_of(entry), slot)
    return list(found.values())


def every_two(slots: Sequence[int]) -> list[tuple[int, int]]:
    """All pairs of slots."""
    return list(combinations(slots, 2))


def of_fastest(samples: Sequence[Sequence[float]], slots: Sequence[int]) -> list[tuple[int, int]]:
    """Each other slot with the fastest, by medians paired to the first."""
    us = np.asarray(samples, dtype=np.float64)
    medians = np.median(us / us[:, slots[:1]], axis=0)
    best = min(slots, key=lambda slot: medians[slot])
    return [(slot, best) for slot in slots if slot != best]


def decided(
    samples: Sequence[Sequence[float]],
    pairs: Sequence[tuple[int, int]],
    margin: float,
    level: float = LEVEL,
) -> bool:
    """Whether rounds [rounds][slots] tell these pairs apart, or that they are alike.

    Either the interval of their median ratio is no wider than the margin, which does not depend on
    who wins, or that of ``level`` lies wholly beyond the margin on one side: at 95% in all looks
    together. One that merely leaves 1 out does not end the finals: that would find winners among
    equals.
    """
    us = np.asarray(samples, dtype=np.float64)
    if not pairs:
        return True
    one, other = np.array(pairs).T
    ratios = us[:, one] / us[:, other]
    (_, low, high), (_, least, most) = median_intervals(ratios).T, median_intervals(ratios, level).T
    return bool(((high - low <= margin) | (most < 1 - margin) | (least > 1 + margin)).all())
