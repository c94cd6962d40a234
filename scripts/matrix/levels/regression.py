"""Level 5: nothing is slower, or heavier, than the baseline beyond what its boots differ by.

Slower: by more than the margin, and by more than a new boot of the baseline may differ
(scripts.matrix.levels.noise). Heavier: by more than the bytes given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scripts.matrix.levels.level import Verdict, Word
from scripts.matrix.levels.noise import BYTES, Metrics, known, noise_of
from scripts.matrix.switches import Numbers


def slower(ratio: float, floor: float, margin: float) -> bool:
    """Whether a time over the baseline's is a regression. ``floor``: a log ratio."""
    return ratio > 1.0 + margin and math.log(ratio) > floor * (1 + 1e-9)  # but for rounding


def judge(
    own: Metrics,
    boots: Sequence[Metrics],
    numbers: Numbers,
    others: Sequence[Sequence[Metrics]] = (),
) -> Verdict:
    """``boots``: of the baseline; where ``own`` is one of them, the rest. ``others``: see noise."""
    noise = noise_of(boots, others)
    if not known(noise):
        return Verdict(Word.NOT_MEASURED, "no baseline was booted twice: no noise is known")
    ratios = {name: own[name] / one.mean for name, one in noise.items()}
    found = [name for name, ratio in ratios.items()
             if slower(ratio, noise[name].floor, numbers.regression)]  # fmt: skip
    more = own[BYTES] - max(boot[BYTES] for boot in boots)
    reasons = [f"{name} takes {ratios[name]:.3f} of the baseline's time" for name in found]
    if more > numbers.heavier:
        reasons.append(f"{more / 1e9:.2f} GB more at the peak")
    figures = {**ratios, "more_bytes": more}
    return Verdict(Word.FAILED if reasons else Word.PASSED, "; ".join(reasons), figures)
