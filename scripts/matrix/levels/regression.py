"""Level 5: nothing is slower, or heavier, than the baseline beyond what boots differ by.

The noise floor of a metric is the largest difference among the baseline's own boots, as a share.
Slower: by more than the margin, and by more than the floor. Heavier: by more than the bytes given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from scripts.matrix.levels.level import Verdict, Word
from scripts.matrix.switches import Numbers

BYTES = "peak_bytes"
Metrics = Mapping[str, float]


def noise_floor(boots: Sequence[Metrics]) -> dict[str, float]:
    """Metric -> largest |log ratio| of two boots; infinite where there are not two."""
    names = [name for name in (boots[0] if boots else {}) if name != BYTES]
    if len(boots) < 2:
        return dict.fromkeys(names, math.inf)
    return {
        name: max(abs(math.log(a[name] / b[name])) for a, b in combinations(boots, 2))
        for name in names
    }


def slower(ratio: float, floor: float, margin: float) -> bool:
    """Whether a time over the baseline's is a regression. ``floor``: a log ratio."""
    return ratio > 1.0 + margin and math.log(ratio) > floor * (1 + 1e-9)  # but for rounding


def judge(
    own: Metrics, baseline: Metrics | None, boots: Sequence[Metrics], numbers: Numbers
) -> Verdict:
    """``boots``: of the baseline, those whose differences are the noise floor."""
    if baseline is None:
        return Verdict(Word.NOT_MEASURED, "no baseline is recorded")
    floor = noise_floor(boots)
    if not floor or any(math.isinf(value) for value in floor.values()):
        return Verdict(Word.NOT_MEASURED, "the baseline was booted once: its noise is not known")
    ratios = {name: own[name] / baseline[name] for name in floor}
    found = [name for name, ratio in ratios.items()
             if slower(ratio, floor[name], numbers.regression)]  # fmt: skip
    more = own[BYTES] - baseline[BYTES]
    reasons = [f"{name} takes {ratios[name]:.3f} of the baseline's time" for name in found]
    if more > numbers.heavier:
        reasons.append(f"{more / 1e9:.2f} GB more at the peak")
    figures = {**ratios, "more_bytes": more}
    return Verdict(Word.FAILED if reasons else Word.PASSED, "; ".join(reasons), figures)
