"""Level 6: two features together cost what they cost apart.

Log times add up: ``t(ab) t(base) / (t(a) t(b))`` is 1 unless they interfere. Beyond the margin and
what four such times may differ by (scripts.matrix.levels.noise) the pair is named.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scripts.matrix.levels.level import Verdict, Word
from scripts.matrix.levels.noise import Metrics, known, noise_of
from scripts.matrix.switches import Numbers


def interference(both: float, base: float, first: float, second: float) -> float:
    """1: none; above: together they cost more than apart. All four are times."""
    return both * base / (first * second)


def judge(
    both: Metrics,
    first: Metrics | None,
    second: Metrics | None,
    boots: Sequence[Metrics],
    numbers: Numbers,
    others: Sequence[Sequence[Metrics]] = (),
) -> Verdict:
    """``boots``: of the baseline; ``others``: see noise."""
    noise = noise_of(boots, others)
    if first is None or second is None:
        return Verdict(Word.NOT_MEASURED, "one of the two has no numbers")
    if not known(noise):
        return Verdict(Word.NOT_MEASURED, "no baseline was booted twice: no noise is known")
    found = {
        name: interference(both[name], one.mean, first[name], second[name])
        for name, one in noise.items()
    }
    least = math.log1p(numbers.regression)
    reasons = [
        f"{name}: together {value:.3f} of what they are apart"
        for name, value in found.items()
        if abs(math.log(value)) > max(least, noise[name].floor_of_pairs)
    ]
    return Verdict(Word.FAILED if reasons else Word.PASSED, "; ".join(reasons), found)
