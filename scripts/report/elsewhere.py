"""Figures published or measured elsewhere, to read ours against.

``QUALITY`` is an earlier run on one H200 (torch 2.11, Triton 3.6) with the public vLLM fused-MoE
kernel, bf16, latency of each candidate over the committed H200 config. Other cells and another
kernel than here, without paired runs: a difference of a few per cent means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Elsewhere:
    """Cells, geometric mean of the ratios, shares at or under 1.00 and 1.10, worst ratio."""

    cells: int
    mean: float
    at_or_under: float | None = None
    within_10: float | None = None
    worst: float | None = None


# candidate, named as in the table of quality
QUALITY = {
    "S1 NVIDIA_H100_80GB_HBM3": Elsewhere(36, 1.030, 0.28, 0.89, 1.32),
    "S1 NVIDIA_B200": Elsewhere(12, 1.000, 0.50, 1.00, 1.02),
    "S1 NVIDIA_A100-SXM4-80GB": Elsewhere(29, 1.092, 0.14, 0.55, 1.35),
    "S1 AMD_Instinct_MI300X": Elsewhere(18, 1.246, 0.11, 0.33, 1.65),
    "default": Elsewhere(48, 1.045, 0.29, 0.73, 1.38),
}
COMMITTED_TO_ROOFLINE = Elsewhere(48, 1.30)
# The study of H100_80GB_HBM3 to MI300X: a search of K = 128 trials that starts from the H100's
# config, on a real MI300X. An estimate is mean, low and high.
PAIR = ("NVIDIA_H100_80GB_HBM3", "AMD_Instinct_MI300X")
TRIPLES = 269
GAP_PAIR = "->".join(PAIR)
# Mean gap by last commit and its interval.
GAP_DAYS_LAST = (185.9, 174.1, 197.5)
BUDGET = 128
CELLS, CELLS_NOT_MEASURED = 72, 107
AT_OR_UNDER = (0.861, 0.792, 0.944)
WITHIN_10 = 0.972
SPEEDUP_WINNERS = 0.334  # committed / chosen - 1
TRIALS_TO_CONVERGE = 128
TOKENS_PER_SECOND = 1.130
LOSSES, LOSS_TOKENS, LOSS_TILE = 10, (256, 1024), 64
