"""Level 6: two features together cost what they cost apart.

Log times add up: ``t(ab) t(base) / (t(a) t(b))`` is 1 unless they interfere. Beyond the margin and
twice the noise floor (four times enter, each with its own) the pair is named.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from scripts.matrix.levels.level import Verdict, Word
from scripts.matrix.switches import Numbers

Metrics = Mapping[str, float]


def interference(both: float, base: float, first: float, second: float) -> float:
    """1: none; above: together they cost more than apart. All four are times."""
    return both * base / (first * second)


def judge(
    both: Metrics,
    base: Metrics | None,
    first: Metrics | None,
    second: Metrics | None,
    floor: Mapping[str, float],
    numbers: Numbers,
) -> Verdict:
    """``floor``: metric -> log ratio, see regression.noise_floor."""
    if base is None or first is None or second is None:
        return Verdict(Word.NOT_MEASURED, "the baseline or one of the two has no numbers")
    if not floor or any(math.isinf(value) for value in floor.values()):
        return Verdict(Word.NOT_MEASURED, "the baseline was booted once: its noise is not known")
    found = {
        name: interference(both[name], base[name], first[name], second[name]) for name in floor
    }
    reasons = [
        f"{name}: together {value:.3f} of what they are apart"
        for name, value in found.items()
        if abs(math.log(value)) > max(math.log1p(numbers.regression), 2 * floor[name])
    ]
    return Verdict(Word.FAILED if reasons else Word.PASSED, "; ".join(reasons), found)
