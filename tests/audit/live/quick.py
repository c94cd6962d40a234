"""Sittings for the interpreter: a replay each, and tuners that fail in every way."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from scripts.audit.live.plan import Plan
from scripts.audit.live.sitting import Sitting, make_sitting


def make_quick(plan: Plan, seed: int, backend: str, gpu: int) -> Sitting:
    """As ``make_sitting``; what takes milliseconds a pass is run once."""
    sitting = make_sitting(plan, seed, backend, gpu)
    from scripts.audit import finding, race
    from scripts.audit.live import bench, rank_layer
    from scripts.audit.tuners import steadied

    for name, value in {"WARM_UP": 1, "LEAST": 1, "MOST": 1}.items():
        setattr(bench, name, value)
    race.LOOKS, race.LEAST, steadied.BUDGET = ((1, 0.12), (2, 0.05)), 2, 0.1  # type: ignore[assignment]
    finding.ROUNDS, finding.SURE = 4, 1.0  # type: ignore[misc]
    rank_layer.MOST_DRAWS = 1  # type: ignore[misc]
    return sitting


class _Broken:
    """A tuner that fails as it is told to."""

    def __init__(self, how: str) -> None:
        self.how, self.name = how, how

    def profile(self, problem: Any, bench: Any) -> Any:
        if self.how == "dies":
            os._exit(7)
        if self.how == "hangs":
            time.sleep(600)
        if self.how == "raises":
            raise ValueError("no such tactic")
        from scripts.audit.tuner import Profile

        us = np.array([1.0, np.nan if self.how == "nan" else 2.0])
        return Profile("key", problem, np.array([0, 1]), us)

    def choose(self, problem: Any) -> int | None:
        return None if self.how == "chooses nothing" else 0


def make_broken(plan: Plan, seed: int, backend: str, gpu: int) -> Sitting:
    """``make_quick`` with broken tuners beside the real ones."""
    sitting = make_quick(plan, seed, backend, gpu)
    for how in ("dies", "hangs", "raises", "nan", "chooses nothing", "fine"):
        sitting.makes[how] = lambda layer, how=how: _Broken(how)  # type: ignore[misc]
    return sitting
