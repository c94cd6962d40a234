"""Whether a model says the same under two kernel configs: logits, and the tokens that follow.

Two correct configs add in another order, so that logits differ in their last digits. A next token
may then differ where two tokens are as good as tied, and everything after it with it. What is held:
logits_diff at most LIMIT, no other next token unless the two tokens were tied there, and the greedy
tokens that follow, of which no tie is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

LIMIT = 0.01  # of logits_diff, as for kernels (kernels/tolerances.py)
# Logits are in bf16: a number from 4 to 8, where the largest of a vocabulary lie at unit variance,
# has neighbours 1/32 of its leading digit apart, 2**-8 of its size below and above.
STEP = 2.0**-7
Floats = npt.NDArray[np.float64]


def logits_diff(ours: Floats, theirs: Floats) -> float:
    """1 - 2 <a, b> / (|a|^2 + |b|^2), 0 where both are zero; NaN where one is not finite."""
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    below = float((a * a).sum() + (b * b).sum())
    return 0.0 if below == 0 else 1.0 - 2.0 * float((a * b).sum()) / below


def compared(
    theirs: Floats, their_tokens: Sequence[Sequence[int]],
    ours: Floats, our_tokens: Sequence[Sequence[int]],
) -> dict[str, Any]:  # fmt: skip
    """Logits [prompts, vocabulary] and greedy tokens [prompts][tokens] of two runs, held together.

    ``logits_diff``: the largest of the prompts. ``next_equal``: prompts with the same next token by
    their logits; ``tied``: of the others, those whose two tokens were within a step of bf16, or of
    the largest difference between the two runs, of each other. ``tokens_equal`` of
    ``tokens_compared``: greedy tokens, of each prompt up to and with the first that differs.
    ``problem``: what is wrong, None if nothing is.
    """
    a, b = np.asarray(theirs, dtype=np.float64), np.asarray(ours, dtype=np.float64)
    if a.shape != b.shape:
        return {"problem": f"logits of shape {b.shape}, not {a.shape}"}
    diffs = [logits_diff(y, x) for x, y in zip(a, b, strict=True)]
    worst = float("nan") if np.isnan(diffs).any() else max(diffs)
    first, second = a.argmax(axis=1), b.argmax(axis=1)
    rows = np.arange(len(a))
    noise = np.abs(a - b).max(axis=1)
    room = np.maximum(noise, STEP * np.abs(a).max(axis=1))
    tied = (first != second) & (a[rows, first] - a[rows, second] <= room)
    equal = first == second
    same, seen = _greedy(their_tokens, our_tokens)
    found: dict[str, Any] = {
        "logits_diff": None if np.isnan(worst) else float(f"{worst:.4g}"),
        "prompts": len(a), "next_equal": int(equal.sum()), "tied": int(tied.sum()),
        "tokens_equal": same, "tokens_compared": seen,
        "largest_difference": float(f"{noise.max():.4g}"), "spread": float(f"{a.std():.4g}"),
    }  # fmt: skip
    problem = _problem(worst, int((~equal & ~tied).sum())) or otherwise(seen - same)
    return {**found, "problem": problem}


def otherwise(prompts: int) -> str | None:
    """What is wrong if so many prompts have another greedy token; each counts once."""
    return f"{prompts} prompts continue otherwise" if prompts else None


def _greedy(theirs: Sequence[Sequence[int]], ours: Sequence[Sequence[int]]) -> tuple[int, int]:
    same = seen = 0
    for a, b in zip(theirs, ours, strict=True):
        for x, y in zip(a, b, strict=True):
            seen += 1
            if x != y:
                break
            same += 1
    return same, seen


def _problem(worst: float, other: int) -> str | None:
    if np.isnan(worst):
        return "a logit is not finite"
    if worst > LIMIT:
        return f"logits_diff {worst:.3g} is over {LIMIT}"
    return f"{other} next tokens differ that were not tied" if other else None
