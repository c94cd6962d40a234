"""How far a prediction may be off, from how far it was off where nothing had taught it.

A band is the pair of quantiles between which residuals lie, each unit (a layer, or a family of
models) weighing alike, since units have unlike numbers of cells. That is split-conformal prediction
with groups in the place of points; with few groups it promises no coverage by itself, so that
coverage is measured, each group of units by the band of all others.
Source: Lee, Barber and Willett, "Distribution-free inference with hierarchical data" (2023).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEVEL = 0.9


def band(residuals: Floats, groups: Sequence[str], level: float = LEVEL) -> tuple[float, float]:
    """Lower and upper quantile of ``residuals`` (n,), cut at each end alike.

    ValueError if there are none.
    """
    if not len(residuals):
        raise ValueError("no residuals to make a band of")
    _, place, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    order = np.argsort(residuals, kind="stable")
    share = np.cumsum((1.0 / sizes[place])[order]) / len(sizes)
    tail = (1.0 - level) / 2
    # Rounding must not push a quantile past the value whose share ends there.
    ends = np.searchsorted(share, [tail - 1e-9, 1.0 - tail - 1e-9])
    low, high = residuals[order][np.minimum(ends, len(order) - 1)]
    return float(low), float(high)


def covered(
    residuals: Floats,
    groups: Sequence[str],
    level: float = LEVEL,
    units: Sequence[str] | None = None,
) -> NDArray[np.bool_]:
    """Of each residual, whether it lies in the band of all other groups.

    ``units``: what weighs alike in a band; by default the groups. ValueError unless there are two
    groups.
    """
    names = np.asarray(groups)
    weighing = names if units is None else np.asarray(units)
    if len(set(groups)) < 2:
        raise ValueError("coverage needs two groups: one to judge, one to judge by")
    inside = np.zeros(len(residuals), dtype=bool)
    for name in set(groups):
        own = names == name
        low, high = band(residuals[~own], weighing[~own].tolist(), level)
        inside[own] = (residuals[own] >= low) & (residuals[own] <= high)
    return inside
