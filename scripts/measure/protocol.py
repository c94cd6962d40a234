"""The measuring protocol's numbers, in one place; their hash stands in every recorded line."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Protocol:
    """How a trial is sampled, when it stops, and how finals run."""

    precision: float = 0.005  # relative half-width of the median's 95% interval that is enough
    batch: int = 6  # replays between looks: 6 is the least n whose min..max covers 95%
    cap: int = 30  # most samples of one trial
    slow_ratio: float = 2.0  # a config this much slower than the cell's best is cut early
    slow_samples: int = 2
    anchor_every: int = 64  # trials between two runs of the committed config (drift)
    anchor_samples: int = 12
    finalists: int = 12  # best of the sweep that enter the finals, besides all proposals
    rounds: int = 40  # interleaved rounds of the finals
    least_rounds: int = 10
    # 1: one random order of the finalists and its reverse; 2: a fresh one every two rounds
    finals_order: int = 2
    finals_seconds: float = 2.0  # fewer rounds if a cell's finals would take longer
    drift_band: float = 0.05  # (max-min)/median of the anchor beyond which a cell is marked drifted
    disturbance_band: float = 0.01  # slow-down by the other GPUs' work beyond which a run is marked
    trial_deadline_s: float = 30.0
    compile_deadline_s: float = 120.0
    open_deadline_s: float = 180.0
    seed: int = 20260814

    @property
    def hash(self) -> str:
        """First 16 hex digits of the SHA-256 of all numbers."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def draws_of(tokens: int) -> int:
    """Routing draws in one graph: more where one draw says little and passes are short."""
    if tokens <= 16:
        return 8
    return 4 if tokens <= 128 else 2


def weight_sets_of(draws: int) -> int:
    """Weight sets the draws rotate through: neighbours in a replay, its end and the next start
    included, never share weights that the L2 cache (60 MB on an H200) could have kept."""  # noqa: D205,D209
    return min(draws, 4)
