"""What a pipeline expects of each config before any trial: the strategies' words, weighed.

Each strategy states a number for every legal config that grows with the latency it expects, in log
units or doublings. Their weighted sum is the merit. The weights are those that would have explained
the recorded cells of other layers best: least squares under the condition that none is negative
(stacking; Wolpert 1992, Breiman 1996), centred within each cell, since only differences within a
cell matter. Fast configs weigh most, as there an error costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from scripts.lib.config import Config
from scripts.transfer.legal import LegalSpace, coordinates
from scripts.transfer.strategies.s2_nearest import distance_from

Array = NDArray[np.float64]

VOICES = ("S1", "S2", "S3", "S5", "S6", "S8")
# A row's weight falls as its latency grows beyond the cell's best, within these bounds.
_LEAST, _MOST, _ORIGIN = 0.2, 20.0, 0.95
_RIDGE = 1e-9  # of the mean square of a voice: keeps one that is silent everywhere harmless


@dataclass(frozen=True)
class SourceWord:
    """One source's config for a cell, carried over, and its offset in doublings of ``AXES``."""

    carried: Config
    offset: Array


def source_voices(words: Sequence[SourceWord], legal: LegalSpace) -> Array:
    """What S1, S2 and S3 say, shape (configs, 3); of several sources, the one that says least.

    S1: 1 for all configs but the source's own. S2, S3: log(1 + doublings to go from the source's
    config, before and after it is moved by the offset). All 0 without a source.
    """
    if not words:
        return np.zeros((len(legal), 3))
    said = []
    for word in words:
        point = coordinates([word.carried])[0]
        near = np.log1p(distance_from(point, legal))
        moved = np.log1p(distance_from(point + word.offset, legal))
        own = np.ones(len(legal))
        if word.carried in legal.index:
            own[legal.index[word.carried]] = 0.0
        said.append(np.stack([own, near, moved], axis=1))
    return np.asarray(np.min(said, axis=0))


@dataclass(frozen=True)
class Evidence:
    """Sums over the configs of cells: products of voices with each other and with log regret."""

    voices: Array
    regret: Array

    def __add__(self, other: Evidence) -> Evidence:
        return Evidence(self.voices + other.voices, self.regret + other.regret)


NO_EVIDENCE = Evidence(np.zeros((len(VOICES), len(VOICES))), np.zeros(len(VOICES)))


def evidence_of(said: Array, regret: Array) -> Evidence:
    """Of one cell: ``said`` (configs, voices), ``regret`` in log units (configs,)."""
    weight = np.clip(1.0 / (np.exp(regret) - _ORIGIN), _LEAST, _MOST)
    share = weight / weight.sum()
    centred = said - share @ said
    weighted = centred.T * weight
    return Evidence(weighted @ centred, weighted @ (regret - share @ regret))


def weigh(evidence: Evidence, heard: Iterable[str]) -> Array:
    """Weights of ``VOICES``, shape (6,), none negative; 0 for those that are not heard."""
    weights = np.zeros(len(VOICES))
    places = [VOICES.index(voice) for voice in VOICES if voice in set(heard)]
    if not places:
        return weights
    products = evidence.voices[np.ix_(places, places)]
    scale = np.trace(products) / len(places)
    if scale <= 0.0:
        return weights
    factor = np.linalg.cholesky(products + _RIDGE * scale * np.eye(len(places)))
    found, _ = nnls(factor.T, np.linalg.solve(factor, evidence.regret[places]))
    weights[places] = found.round(9)
    return weights
