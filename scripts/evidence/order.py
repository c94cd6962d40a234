"""Whether two sets put the legs in the same order, by a bootstrap of boots and their repeats.

What is ordered is the GPU's time for one decode step, of legs that run the same model.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWS = 10_000
SURE = 0.95
KEPT, TURNED, OPEN, NO_ORDER = "kept", "turned", "undecided", "no order"


@dataclass(frozen=True)
class Pair:
    """Two legs. ``first``, ``second``: probability in each set that ``faster`` is the faster one,
    which is the one that the first set has as such; ``ratio``: faster over slower, in each."""  # noqa: D205,D209

    faster: str
    slower: str
    first: float
    second: float
    ratio_first: float
    ratio_second: float
    word: str


def step_times(leg: Mapping[str, Any]) -> list[Floats]:
    """Microseconds of all kernels in one decode step: of each boot a value for each repeat."""
    sums: dict[str, dict[int, float]] = {}
    for boot, repeat, phase, _, _, us, steps in leg["kernels"]["rows"]:
        if phase == "decode":
            mine = sums.setdefault(boot, {})
            mine[repeat] = mine.get(repeat, 0.0) + us / steps
    return [np.array(list(by_repeat.values())) for by_repeat in sums.values()]


def drawn(boots: list[Floats], draw: np.random.Generator) -> Floats:
    """DRAWS means of medians: boots drawn with replacement, then repeats within each."""
    medians = np.empty((DRAWS, len(boots)))
    chosen = draw.integers(0, len(boots), (DRAWS, len(boots)))
    for place, values in enumerate(boots):
        picks = values[draw.integers(0, len(values), (DRAWS, len(boots), len(values)))]
        mine = np.median(picks, axis=2)
        medians = np.where(chosen == place, mine, medians)
    out: Floats = np.log(medians).mean(axis=1)
    return out


def order(
    first: Mapping[str, Any], second: Mapping[str, Any], alike: Mapping[str, str]
) -> list[Pair]:
    """Every pair of legs of one model. ``alike``: leg -> what must be equal for it to be ordered
    against another; legs that are not timed in both sets are left out."""  # noqa: D205,D209
    there = [leg for leg in first if leg in second
             and step_times(first[leg]) and step_times(second[leg])]  # fmt: skip
    draws = {
        (name, leg): drawn(step_times(held[leg]), _generator(f"{name} {leg}"))
        for name, held in (("first", first), ("second", second))
        for leg in there
    }
    return [
        _pair(a, b, draws["first", a] - draws["first", b], draws["second", a] - draws["second", b])
        for a, b in combinations(there, 2)
        if alike[a] == alike[b]
    ]


def _generator(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


def _pair(a: str, b: str, first: Floats, second: Floats) -> Pair:
    if np.median(first) > 0:
        a, b, first, second = b, a, -first, -second
    sure = [float((one < 0).mean() + (one == 0).mean() / 2) for one in (first, second)]
    ratios = [float(np.exp(np.median(one))) for one in (first, second)]
    if sure[0] < SURE:
        word = NO_ORDER
    elif sure[1] >= SURE:
        word = KEPT
    else:
        word = TURNED if sure[1] <= 1 - SURE else OPEN
    return Pair(a, b, sure[0], sure[1], ratios[0], ratios[1], word)
