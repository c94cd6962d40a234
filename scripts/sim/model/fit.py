"""Fit the open parameters to measured latencies, the fast configs first."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.optimize import least_squares
from threadpoolctl import threadpool_limits

from scripts.sim.arrays import Array
from scripts.sim.model.gemm import gemms
from scripts.sim.model.parameters import OPEN, Parameters
from scripts.sim.model.timing import time_gemm

_OUTLIER = 0.1  # log error from which an outlier's pull grows linearly, not with its square
# A parameter that no trial speaks of (unpacking, where all is bf16) stays where it starts.
_HOLD = 0.02


def fit(asked: pd.DataFrame, us: Array) -> Parameters:
    """Parameters of least robust log error.

    ``asked``: questions, ``us``: measured latency of each. Who calls chooses which count more.
    """
    up, down = gemms(asked)
    target = np.log(us * 1e-6)
    low, high = (np.log([getattr(o, side) for o in OPEN.values()]) for side in ("low", "high"))
    start = np.log([o.start for o in OPEN.values()])

    def errors(logs: Array) -> Array:
        p = _parameters(logs)
        seconds = time_gemm(up, p).seconds + time_gemm(down, p).seconds
        held = _HOLD * (logs - start) * np.sqrt(len(us) / 1000)
        return np.concatenate([np.log(seconds) - target, held])

    # Sums over several threads end in other digits, and trees grown on them in other trees.
    with threadpool_limits(1):
        found = least_squares(
            errors, start, bounds=(low, high), loss="soft_l1", f_scale=_OUTLIER, ftol=1e-4,
            max_nfev=40,
        )  # fmt: skip
    # Ten digits: sums of many terms differ in the last ones from machine to machine.
    return _parameters([float(f"{log:.10g}") for log in found.x])


def _parameters(logs: Iterable[float]) -> Parameters:
    return Parameters(**{name: math.exp(log) for name, log in zip(OPEN, logs, strict=True)})
