"""Learn from recorded cells how far and how jointly configs miss what is expected of them.

The kernel's nine numbers are those of greatest likelihood, summed over a few cells and a few
configs of each, found by L-BFGS (scipy) from a stated start; the same cells give the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

from scripts.transfer.kernel import LEVEL, NOISE, Kernel, matern
from scripts.transfer.legal import AXES, LegalSpace

Array = NDArray[np.float64]

CELLS, CONFIGS = 12, 96  # of the cells at most, and of the configs of each
# Ranks over which the chance of being drawn falls by e: of a search that starts near the best, and
# of one that starts anywhere.
NEAR, ANYWHERE = 40.0, 1e9
# With graphx-sim's prediction taken off, and without.
PREDICTED_START = Kernel(0.05, (1.6, 3.2, 1.1, 13.0, 4.7, 4.7), 0.025, 0.008)
# Of equations that nothing was fitted to: they err by twice as much, and a search that does not
# know it ends after three trials, far from the best.
UNFITTED = Kernel(0.1, (1.6, 3.2, 1.1, 13.0, 4.7, 4.7), 0.05, 0.016)
# How much farther predictions are taken to miss on a GPU that did not teach than on those that did.
ELSEWHERE = 1.5
PLAIN_START = Kernel(0.4, (2.0, 3.0, 2.0, 13.0, 4.0, 4.0), 0.05, 0.02)
_STEPS = 15
_BOUNDS = [(-6.0, 1.5)] + [(-1.5, 4.0)] * len(AXES) + [(-8.0, 0.0)] * 2  # of the logarithms


@dataclass(frozen=True)
class Sample:
    """Some configs of a cell. ``missed``: measured less expected logarithm, (configs,)."""

    coordinates: Array
    kinds: NDArray[np.int64]
    missed: Array


def draw(legal: LegalSpace, expected: Array | None, logs: Array, ranks: float, seed: int) -> Sample:
    """Configs of a cell drawn by rank, the better the likelier: where a search goes.

    ``logs``: of the measured latencies of the legal configs, NaN where a trial failed.
    ``expected``: what was expected instead, which then is what is ranked and taken off.
    """
    known = np.flatnonzero(np.isfinite(logs))
    ranked = logs if expected is None else expected
    order = known[np.argsort(ranked[known], kind="stable")]
    chance = np.exp(-np.arange(len(order)) / ranks)
    size = min(CONFIGS, len(order))
    generator = np.random.default_rng(seed)
    places = np.sort(generator.choice(order, size, replace=False, p=chance / chance.sum()))
    missed = logs if expected is None else logs - expected
    return Sample(legal.coordinates[places], legal.kinds[places], missed[places])


def learn(samples: Sequence[Sample], start: Kernel) -> Kernel:
    """The kernel of greatest likelihood of the samples; ``start`` where there are none."""
    if not samples:
        return start
    steps = [(sample.coordinates[:, None] - sample.coordinates[None]) ** 2 for sample in samples]
    same = [np.equal.outer(sample.kinds, sample.kinds) for sample in samples]

    def cost(logs: Array) -> tuple[float, Array]:
        kernel = _kernel(logs)
        total, slope = 0.0, np.zeros(len(logs))
        for sample, apart, kind in zip(samples, steps, same, strict=True):
            one, its_slope = likelihood(kernel, apart, kind, sample.missed)
            total, slope = total + one, slope + its_slope
        return total / len(samples), slope / len(samples)

    found = minimize(
        cost, _logs(start), jac=True, method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": _STEPS}
    )
    # Four digits: more would say nothing, and the last ones differ from machine to machine.
    return _kernel(np.log([float(f"{value:.4g}") for value in np.exp(found.x)]))


def likelihood(
    kernel: Kernel, apart: Array, kind: NDArray[np.bool_], missed: Array
) -> tuple[float, Array]:
    """Negative logarithm of the likelihood, up to a constant, and its slope, shape (9,).

    ``apart``: squared differences of the coordinates, (configs, configs, 6). The slope is by the
    logarithms of the kernel's numbers (Rasmussen and Williams, equation 5.9).
    """
    shrink = np.array(kernel.lengths) ** -2.0
    squared = apart @ shrink
    smooth = kernel.smooth**2 * matern(squared)
    covariance = smooth + kernel.kind**2 * kind + LEVEL**2
    covariance[np.diag_indices_from(covariance)] += kernel.own**2 + NOISE**2
    try:
        factor = cho_factor(covariance, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError:
        return np.inf, np.zeros(len(shrink) + 3)
    inverse = cho_solve(factor, np.eye(len(missed)), check_finite=False)
    weights = inverse @ missed
    left = inverse - np.outer(weights, weights)
    decay = kernel.smooth**2 * np.exp(-np.sqrt(3.0 * squared))
    slope = [
        (left * smooth).sum(),
        *(1.5 * shrink * np.tensordot(left * decay, apart, 2)),
        kernel.kind**2 * left[kind].sum(),
        kernel.own**2 * np.trace(left),
    ]
    return float(0.5 * missed @ weights + np.log(np.diag(factor[0])).sum()), np.array(slope)


def _logs(kernel: Kernel) -> Array:
    return np.log([kernel.smooth, *kernel.lengths, kernel.kind, kernel.own])


def _kernel(logs: Array) -> Kernel:
    smooth, *lengths, kind, own = np.exp(logs).tolist()
    return Kernel(smooth, tuple(lengths), kind, own)
