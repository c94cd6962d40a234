"""How far an output may be from the reference, and how that is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

# A larger logits_diff means a wrong kernel, not rounding: bf16 GEMMs of the corpus stay under
# 1e-4 (results/RESULTS.md, measured dataset).
MAX_LOGITS_DIFF = 0.01
# Written into outputs before each checked run: a candidate that skips stores cannot inherit the
# last candidate's right answer. Any 16-bit float holds it exactly.
SENTINEL = -24576.0


@dataclass(frozen=True)
class Agreement:
    """``logits_diff`` = 1 - 2<x,y>/(<x,x>+<y,y>), ``relative_error`` = ||x-y||/||y||.

    ``finite``: no NaN or infinity. ``unwritten``: elements that still hold the sentinel.
    """

    logits_diff: float
    relative_error: float
    finite: bool
    unwritten: int

    @property
    def passes(self) -> bool:
        """Whether the output may be called correct; NaN never passes."""
        return self.finite and self.unwritten == 0 and self.logits_diff <= MAX_LOGITS_DIFF


def compare(out: torch.Tensor, reference: torch.Tensor) -> Agreement:
    """Compare an output [rows, cols] with its reference of the same shape.

    1 - 2<x,y>/(<x,x>+<y,y>) is computed as ||x-y||^2/(<x,x>+<y,y>), the same number without the
    cancellation; sums run in float64. One host synchronisation.
    """
    x = out.to(reference.dtype)
    sums = [
        (x - reference).square().sum(dtype=torch.float64),
        x.square().sum(dtype=torch.float64),
        reference.square().sum(dtype=torch.float64),
        (out == SENTINEL).sum().double(),
    ]
    error, xx, yy, unwritten = torch.stack(sums).tolist()
    if not (math.isfinite(error) and math.isfinite(xx)):
        return Agreement(math.nan, math.nan, False, int(unwritten))
    if xx + yy == 0.0:
        return Agreement(0.0, 0.0, True, int(unwritten))
    relative = math.sqrt(error / yy) if yy else math.inf
    return Agreement(error / (xx + yy), relative, True, int(unwritten))
