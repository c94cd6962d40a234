"""How far another run of the same measurement may put a config from where this one found it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

REACH = 2.5  # deviations within which what another run may choose is named


def reach(deviation: npt.ArrayLike, apart: float) -> npt.NDArray[np.float64]:
    """Log units either way. ``deviation``: of what was measured, within this process; ``apart``:
    between processes, of how far two configs are apart, which no number of rounds takes away."""  # noqa: D205,D209
    return np.asarray(REACH * np.hypot(np.asarray(deviation, dtype=float), apart))
