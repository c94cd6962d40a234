"""What may be gained by further trials, in log units: expected improvement on the best so far."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, ndtr

from scripts.transfer.kernel import Array

_FAR = 1e3  # deviations behind the best from which on the series is exact to ten digits
_DRAWS = 256
_JITTER = 1e-9  # squared log units
_FEW = (8, 32)  # configs from the front that are asked before all
_ROUNDING = 1e-9  # log units


def log_expected_gain(best: float, mean: Array, deviation: Array) -> Array:
    """Logarithm of the expected improvement on ``best`` of each config.

    Jones, Schonlau and Welch (1998); as a logarithm, so that configs far behind keep an order
    (Ament and others, "Unexpected Improvements to Expected Improvement", 2023). With z the
    distance ahead of the best in deviations, the gain is deviation * (density(z) + z * cdf(z)).
    """
    ahead = (best - mean) / deviation
    behind = np.clip(-ahead, 0.0, _FAR)
    # density * (1 - behind * Mills' ratio), the latter through the scaled error function.
    mills = np.sqrt(np.pi / 2.0) * erfcx(behind / np.sqrt(2.0))
    found = np.log1p(-behind * mills)
    far = np.flatnonzero(behind >= _FAR)
    found[far] = -2.0 * np.log(-ahead[far])
    log_density = _log_density(ahead)
    found += log_density
    near = np.flatnonzero(ahead > 0.0)
    found[near] = np.log(np.exp(log_density[near]) + ahead[near] * ndtr(ahead[near]))
    return np.asarray(found + np.log(deviation))


def greatest_gain(best: float, mean: Array, deviation: Array, allowed: NDArray[np.bool_]) -> int:
    """Place of the allowed config of the greatest ``log_expected_gain``, as ``first_lowest`` does.

    The gain grows with the distance ahead in deviations: a table bounds it from both sides, and it
    is worked out only for configs whose upper bound reaches the greatest lower bound. Most do not
    reach it even with the widest deviation, which their distance alone shows.
    """
    ahead = np.where(allowed, (best - mean) / deviation, -np.inf)
    first = int(ahead.argmax())
    least = _GAIN[_step(ahead[first])] + np.log(deviation[first])
    reached = int(np.searchsorted(_GAIN_ABOVE, least - np.log(deviation.max())))
    # The table holds one step more on either side than the step needs, against rounding.
    near = np.flatnonzero(ahead >= (_FIRST + (reached - 1) / _STEPS if reached else _LEAST))
    if len(near) > 1:
        step, wide = _step(ahead[near]), np.log(deviation[near])
        near = near[_GAIN_ABOVE[step] + wide >= (_GAIN[step] + wide).max()]
    if len(near) == 1:
        return int(near[0])
    gain = log_expected_gain(best, mean[near], deviation[near])
    return int(near[np.argmin(-gain.round(10))])


def steady_gain(
    best: float,
    mean: Array,
    deviation: Array,
    allowed: NDArray[np.bool_],
    rank: NDArray[np.int64],
    within: float,
) -> int:
    """Of the allowed configs whose ``log_expected_gain`` is no farther than ``within`` from the
    greatest, the place of the one of the lowest ``rank``; by bounds, as ``greatest_gains``."""  # noqa: D205,D209
    places = np.flatnonzero(allowed)
    ahead, wide = (best - mean[places]) / deviation[places], np.log(deviation[places])
    step = _step(ahead)
    places = places[_GAIN_ABOVE[step] + wide >= (_GAIN[step] + wide).max() - within]
    gain = log_expected_gain(best, mean[places], deviation[places])
    near = places[gain.round(10) >= (gain.max() - within).round(10)]
    return int(near[np.argmin(rank[near])])


def greatest_gains(
    best: float, mean: Array, deviation: Array, allowed: NDArray[np.bool_], most: int
) -> NDArray[np.int64]:
    """Places of the allowed configs of the greatest gains, ``most`` of them, the greatest first.

    As ``greatest_gain``, by bounds: worked out for those that reach the least of as many lower
    bounds.
    """
    places = np.flatnonzero(allowed)
    ahead, wide = (best - mean[places]) / deviation[places], np.log(deviation[places])
    step = _step(ahead)
    if len(places) > most:
        least = np.partition(_GAIN[step] + wide, -most)[-most]
        near = _GAIN_ABOVE[step] + wide >= least
        places = places[near]
    gain = log_expected_gain(best, mean[places], deviation[places])
    return np.asarray(places[np.argsort(-gain.round(10), kind="stable")[:most]])


def _step(ahead: Array) -> NDArray[np.intp]:
    """Place in the table of distances ahead."""
    step = np.minimum(np.maximum((ahead - _FIRST) * _STEPS, 0), len(_GAIN) - 1)
    return np.asarray(step.astype(np.intp))


def _log_density(z: Array) -> Array:
    return np.asarray(-0.5 * z * z - 0.5 * np.log(2.0 * np.pi))


def promises_less(
    than: float, best: float, mean: Array, covariance: Callable[[int], Array]
) -> bool:
    """Whether ``gain_of_all`` of some configs, the most promising first, is below ``than``.

    ``covariance``: between as many of them from the front, shape (configs, configs). More configs
    promise no less, so a few often tell; they see the same draws as all would.
    """
    size = len(mean)
    for few in (one for one in _FEW if one < size):
        if _gain(best, mean[:few], covariance(few), _draws(size)) >= than + _ROUNDING:
            return False
    return gain_of_all(best, mean, covariance(size)) < than


def gain_of_all(best: float, mean: Array, covariance: Array) -> float:
    """Expected improvement on ``best`` if every one of these configs were measured.

    ``covariance``: between them, shape (configs, configs). The mean over ``_DRAWS`` joint draws,
    the same ones at every call.
    """
    return _gain(best, mean, covariance, _draws(len(mean)))


def _gain(best: float, mean: Array, covariance: Array, draws: Array) -> float:
    """As ``gain_of_all``; of ``draws`` the columns that are needed, from the first."""
    # What rounding took away is given back: the covariance of two alike configs is near singular.
    jitter = _JITTER * np.eye(len(mean))
    spread = np.linalg.cholesky(covariance + jitter)
    fastest = (mean + draws[:, : len(mean)] @ spread.T).min(axis=1)
    return float(np.maximum(best - fastest, 0.0).mean())


@cache
def _draws(size: int) -> Array:
    """Standard normal draws and their mirror images, shape (_DRAWS, size)."""
    half = np.random.default_rng(0).standard_normal((_DRAWS // 2, size))
    return np.concatenate([half, -half])


def _table() -> tuple[Array, Array]:
    """Bounds of the log gain of a config of deviation 1 by the step that its distance lies in."""
    ahead = _FIRST + np.arange(-1, (_LAST - _FIRST) * _STEPS + 2) / _STEPS
    gain = log_expected_gain(0.0, -ahead, np.ones(len(ahead)))
    below, above = gain[:-2].copy(), gain[2:].copy()
    below[0], above[-1] = -np.inf, np.finfo(np.float64).max
    return below, above


_FIRST, _LAST, _STEPS = -40, 8, 1024  # deviations; steps to a deviation
_LEAST = -np.finfo(np.float64).max
_GAIN, _GAIN_ABOVE = _table()
