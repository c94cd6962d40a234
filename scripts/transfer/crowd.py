"""What tuned files of all other GPUs have in common: for a GPU when nothing was recorded on any.

Of each legal config, how unlikely it would be among the configs that were committed for cells like
this one: experts that a batch touches, rows of each, and N alike; the same formats before others;
GPUs of one architecture before others of the vendor, and those before the rest.
"""

from __future__ import annotations

import numpy as np

from scripts.lib.device import Device, find_device
from scripts.lib.shape import Cell
from scripts.transfer.committed_files import History
from scripts.transfer.kernel import Array
from scripts.transfer.legal import LegalSpace, coordinates

# What a doubling of the density is worth in log latency, where nothing recorded can say.
CROWD_WEIGHT = 0.05
# Lengths in doublings: of traits (experts touched, rows of one, N), and of the six parameters.
_ALIKE = np.array([1.0, 0.7, 1.5])
_NEAR = np.array([0.7, 0.7, 0.7, 2.0, 0.7, 1.0])
_OTHER_SCHEME, _SAME_VENDOR, _ELSEWHERE = 0.1, 0.3, 0.03
_MOST, _LEAST = 400, 1e-3  # rows that are looked at, and a density that tells no more


class Crowd:
    """The files of all GPUs but one, laid out for that GPU."""

    def __init__(self, history: History, device: Device) -> None:
        rows = [
            (file, tokens, config)
            for file in history.every()
            if file.device != device.name
            for tokens, config in file.configs.items()
        ]
        files = [file for file, *_ in rows]
        self._sizes = np.array([(f.experts, f.intermediate, t) for f, t, _ in rows], dtype=float)
        self._schemes = np.array([file.scheme for file in files])
        kin = {name: _kin(find_device(name), device) for name in {file.device for file in files}}
        self._kin = np.array([kin[file.device] for file in files])
        self._configs = coordinates(config for *_, config in rows)

    def unlikely(self, cell: Cell, legal: LegalSpace) -> Array:
        """Negative log density of each legal config, 0 for the likeliest, shape (configs,)."""
        if not len(self._kin):
            return np.zeros(len(legal))
        shape = cell.shape
        own = np.array([[shape.experts, shape.intermediate, cell.tokens]], dtype=float)
        apart = (_traits(self._sizes, shape.top_k) - _traits(own, shape.top_k)) / _ALIKE
        weight = np.exp(-0.5 * (apart**2).sum(axis=1)) * self._kin
        weight *= np.where(self._schemes == shape.scheme, 1.0, _OTHER_SCHEME)
        nearest = np.argsort(-weight, kind="stable")[:_MOST]
        alike = nearness(legal.coordinates, self._configs[nearest])
        density = (alike * weight[nearest]).sum(axis=1) / weight[nearest].sum()
        said = surprise(density)
        return np.asarray(said - said.min())


def nearness(mine: Array, theirs: Array) -> Array:
    """How alike configs are, 1 for the same, by ``coordinates``; shape (mine, theirs)."""
    # Axis by axis: one array of all differences is the slow part, and six small ones are not.
    steps = np.zeros((len(mine), len(theirs)))
    for axis, near in enumerate(_NEAR):
        steps += ((mine[:, axis, None] - theirs[:, axis]) / near) ** 2
    return np.asarray(np.exp(-0.5 * steps))


def surprise(density: Array) -> Array:
    """Negative logarithm of a density between 0 and 1, which ends where it tells no more."""
    return np.asarray(-np.log(density + _LEAST))


def _kin(one: Device, target: Device) -> float:
    if one.arch == target.arch:
        return 1.0
    return _SAME_VENDOR if one.vendor is target.vendor else _ELSEWHERE


def _traits(sizes: Array, top_k: int) -> Array:
    """log2 of experts touched, rows of one, N; a file does not say its top_k."""
    experts, intermediate, tokens = sizes.T
    touched = experts * (1.0 - (1.0 - np.minimum(top_k / experts, 1.0)) ** tokens)
    return np.asarray(np.log2(np.stack([touched, tokens * top_k / touched, intermediate], axis=1)))
