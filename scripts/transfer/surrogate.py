"""What is believed of every config of a cell, given the trials so far: a Gaussian process.

Each trial adds one row to the Cholesky factor of the covariance of what was measured, and to its
product with all configs; nothing is factorised again, so a trial costs (trials x configs)
operations. What is expected may be amended at any time, the factor does not depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scripts.transfer.kernel import NOISE, Array, Covariance

_ROWS = 128  # by which the factor grows; what is not written to takes no memory
_LEAST_VARIANCE = 1e-12
BELIEVED = 4.0  # trials as whose errors the kernel's own word counts
# Standard deviations for which a trial slower than expected counts at the most: how slow a bad
# config can be says nothing of how fast the others may be. Where what is expected was never held
# against a trial on the GPU, it says that what is expected errs.
SLOWER, SLOWER_IN_DOUBT = 1.0, 3.0


class Surrogate:
    """The Gaussian process over the logarithms of the latencies of a space's configs.

    ``expected``: its prior mean, shape (configs,). ``lesson``: what the trials add to it, an array
    that each trial changes. ``best``: the least logarithm so far.
    """

    def __init__(self, covariance: Covariance, expected: Array) -> None:
        size = len(covariance.legal)
        self._covariance, self._expected = covariance, expected
        # The inverse of the factor, and the product with all configs.
        self._inverse, self._onto = np.zeros((_ROWS, _ROWS)), np.zeros((_ROWS, size))
        self._weights = np.zeros(_ROWS)
        self._variance = np.full(size, covariance.variance)
        self.places: list[int] = []
        self.values: list[float] = []
        self.lesson = np.zeros(size)
        self.best = np.inf

    def tell(self, place: int, value: float, noise: float = NOISE) -> None:
        """Add a measured logarithm; ``noise``: its standard deviation, ``NOISE`` at the least."""
        trials = len(self.places)
        if trials == len(self._onto):
            self._grow()
        row, pivot = self._next_row(place, self._onto[:trials], max(noise, NOISE))
        before = self._onto[:trials, place]
        self._inverse[trials, :trials] = before @ self._inverse[:trials, :trials] / -pivot
        self._inverse[trials, trials] = 1.0 / pivot
        self._onto[trials] = row
        self._variance -= row * row
        known = before @ self._weights[:trials]
        self._weights[trials] = (value - self._expected[place] - known) / pivot
        self.lesson += self._weights[trials] * row
        self.best = min(self.best, value)
        self.places.append(place)
        self.values.append(value)

    def keep_lesson_in(self, row: Array) -> None:
        """Go on with the lesson in an array of somebody else's, shape (configs,)."""
        row[:] = self.lesson
        self.lesson = row

    def _grow(self) -> None:
        self._inverse = np.pad(self._inverse, (0, _ROWS))
        self._weights = np.pad(self._weights, (0, _ROWS))
        self._onto = np.pad(self._onto, ((0, _ROWS), (0, 0)))

    def _next_row(self, place: int, onto: Array, noise: float) -> tuple[Array, float]:
        before, row = onto[:, place], self._covariance.row(place)
        pivot = float(np.sqrt(max(row[place] - before @ before, _LEAST_VARIANCE) + noise**2))
        return (row - before @ onto) / pivot, pivot

    def mean(self, advice: Array | None = None) -> Array:
        """Logarithms to be expected now, had ``advice`` been part of ``expected`` all along."""
        mean = self._expected + self.lesson
        if advice is None:
            return mean
        trials = len(self.places)
        if not trials:
            return np.asarray(mean + advice)
        weights = self._inverse[:trials, :trials] @ advice[self.places]
        return np.asarray(mean + advice - weights @ self._onto[:trials])

    def surprise(self, advice: Array | None = None, slower: float = SLOWER) -> float:
        """How much farther than believed the trials lay from what was expected of each before it.

        Root of the mean square of their standardised errors, of which ``BELIEVED`` more are taken
        to be as believed; the first trial, which only shows the level, is left out. One that was
        slower than expected counts for ``slower`` standard deviations at the most.
        """
        errors = np.minimum(self._errors(advice)[1:], slower)
        return float(np.sqrt((BELIEVED + errors @ errors) / (BELIEVED + len(errors))))

    def _errors(self, advice: Array | None) -> Array:
        """Of each trial in its turn, in standard deviations."""
        trials = len(self.places)
        errors = self._weights[:trials]
        if advice is None or not trials:
            return errors
        return errors - self._inverse[:trials, :trials] @ advice[self.places]

    def deviation(self, pending: Sequence[int] = ()) -> Array:
        """Standard deviation of each logarithm, once the ``pending`` configs are measured too.

        What they will turn out to be does not matter for it, so that a batch can be chosen before
        any of it is measured ("believing" that each will be as expected).
        """
        if not pending:
            return np.asarray(np.sqrt(np.maximum(self._variance, _LEAST_VARIANCE)))
        variance, onto = self._variance.copy(), self._onto[: len(self.places)]
        for place in pending:
            row, _ = self._next_row(place, onto, NOISE)
            onto = np.vstack([onto, row])
            variance -= row * row
        return np.asarray(np.sqrt(np.maximum(variance, _LEAST_VARIANCE)))

    def between(self, places: NDArray[np.int64]) -> Array:
        """Covariance between the logarithms of some configs, shape (places, places)."""
        onto = self._onto[: len(self.places), places]
        return np.asarray(self._covariance.block(places) - onto.T @ onto)


def first_lowest(values: Array, allowed: NDArray[np.bool_]) -> int:
    """Place of the least allowed value, the first of equals, also if the last digits differ."""
    return int(np.argmin(np.where(allowed, values.round(10), np.inf)))
