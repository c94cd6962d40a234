"""S6: the configs in the order in which graphx-sim would have them tried."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategy import FixedOrder


class Predicted(FixedOrder):
    """All legal configs by ``place``, shape (configs,), the lowest first."""

    def __init__(self, legal: LegalSpace, place: NDArray[np.float64]) -> None:
        order = np.argsort(place, kind="stable")
        super().__init__(legal.configs[index] for index in order)
