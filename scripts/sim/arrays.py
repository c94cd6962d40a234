"""The arrays that all of graphx-sim computes with: one float64 number a question."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
