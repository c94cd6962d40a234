"""The one place where an interval of a latency ratio becomes a word."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

WIN, TIE, LOSS = "win", "tie", "loss"


def decide(low: npt.ArrayLike, high: npt.ArrayLike, margin: float) -> npt.NDArray[np.object_]:
    """Win if the whole interval lies below 1 - margin, loss if above 1 + margin, else tie.

    An unknown end (NaN) shows nothing, so it is a tie.
    """
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    words = np.where(high < 1 - margin, WIN, np.where(low > 1 + margin, LOSS, TIE))
    return words.astype(object)


def non_inferior(high: npt.ArrayLike, margin: float) -> npt.NDArray[np.bool_]:
    """Whether it is shown to be slower by no more than the margin: the interval ends within it.

    An unknown end shows nothing.
    """
    return np.asarray(high, dtype=float) <= 1 + margin


def equal(low: npt.ArrayLike, high: npt.ArrayLike, margin: float) -> npt.NDArray[np.bool_]:
    """Whether a tie is shown to be one: the whole interval lies within the margin either way."""
    return (np.asarray(low, dtype=float) >= 1 - margin) & non_inferior(high, margin)


def inseparable(low: npt.ArrayLike, high: npt.ArrayLike, margin: float) -> npt.NDArray[np.bool_]:
    """Whether a config cannot be told from the best by its paired interval against it.

    It can be told only if the interval lies wholly above 1 and reaches beyond the margin; an
    unknown interval tells nothing.
    """
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    return ~((low > 1) & (high > 1 + margin))
