"""What a search chose: after each budget; in the end, beside the fastest and the committed one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from scripts.lib.config import Config
from scripts.transfer.recording import Recording
from scripts.transfer.strategy import Step

MEDIUM_TILE = 64  # the BLOCK_SIZE_M that a search near the source's config is known to miss


def choices(steps: Sequence[Step], budgets: Sequence[int]) -> Iterator[dict[str, Any]]:
    """What stands after each budget: K, trials, gpu_seconds and choice (None if none correct).

    The choice is the fastest correct config, the earlier one of equals. ``budgets`` ascend.
    """
    best: Config | None = None
    best_us, seconds, done = float("inf"), 0.0, 0
    for budget in budgets:
        for config, trial in steps[done:budget]:
            done += 1
            seconds += trial.gpu_seconds
            if trial.latency_us is not None and trial.latency_us < best_us:
                best, best_us = config, trial.latency_us
        yield {
            "K": budget,
            "trials": done,
            "gpu_seconds": _digits(seconds),
            "choice": best.id if best else None,
        }


def choice(steps: Sequence[Step], recording: Recording) -> dict[str, Any]:
    """The columns of SEARCH_CHOICES that follow from a run's steps."""
    legal = recording.latency_us[: len(recording.legal)]
    best = recording.configs[int(np.nanargmin(legal))]
    timed = [(trial.latency_us, config) for config, trial in steps if trial.latency_us is not None]
    us, chosen = min(timed, key=lambda found: found[0], default=(None, None))
    return {
        "trials": len(steps),
        "best_id": best.id,
        "chosen_id": chosen and chosen.id,
        "regret": us and _digits(us / recording.best_us),
        "tied": chosen is not None and bool(recording.tied[recording.index[chosen]]),
        "trial_best_tile": _first(steps, best.block_size_m),
        "trial_tile_64": _first(steps, MEDIUM_TILE),
    } | _against_committed(chosen, recording)


def _first(steps: Sequence[Step], block_size_m: int) -> int | None:
    """From 1: the first trial of a config with this tile."""
    trials = enumerate((config.block_size_m for config, _ in steps), 1)
    return next((trial for trial, size in trials if size == block_size_m), None)


def _against_committed(chosen: Config | None, recording: Recording) -> dict[str, float | None]:
    """Ratio of the two medians; its half-width is theirs, added in squares."""
    both = [one for one in (chosen, recording.committed) if one in recording.index]
    if len(both) < 2:
        return dict.fromkeys(("ratio", "low", "high"))
    places = [recording.index[one] for one in both if one is not None]
    us, half = recording.latency_us[places], recording.half_us[places]
    ratio = float(us[0] / us[1])
    if math.isnan(ratio):
        return dict.fromkeys(("ratio", "low", "high"))
    # The same config is the same measurement: no doubt about its ratio to itself.
    apart = 0.0 if places[0] == places[1] else ratio * float(np.hypot(*(half / us)))
    return {
        "ratio": _digits(ratio),
        "low": _digits(ratio - apart),
        "high": _digits(ratio + apart),
    }


def _digits(value: float) -> float:
    return float(f"{value:.10g}")
