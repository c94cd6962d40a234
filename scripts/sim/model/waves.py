"""How much of the last wave of programs is left empty."""

from __future__ import annotations

import numpy as np

from scripts.sim.arrays import Array

_HARMONICS = 6
_ASYNCHRONY = 0.05  # waves by which programs drift apart even where their number is certain


def empty(waves: Array, spread: Array) -> Array:
    """Share of a wave that the last one leaves empty, ceil(w) - w, on average.

    Over a normal distribution of w about ``waves``: the Fourier series 1/2 + sum over n of
    sin(2 pi n w) / (pi n), each term damped by the spread.
    """
    empty = np.full_like(waves, 0.5)
    for n in range(1, _HARMONICS + 1):
        damped = np.exp(-2.0 * (np.pi * n) ** 2 * (spread**2 + _ASYNCHRONY**2))
        empty += damped * np.sin(2.0 * np.pi * n * waves) / (np.pi * n)
    return np.clip(empty, 0.0, 1.0)
