"""What the recorded cells say of a config on a cell that none of them is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scripts.lib.shape import Cell, Shape
from scripts.transfer.legal import LegalSpace
from scripts.transfer.recording import Recording

Array = NDArray[np.float64]

MOST_REGRET = 0.7  # log units: all configs twice as slow as the best, and failures, count alike


@dataclass(frozen=True)
class Alike:
    """When two cells count as alike: lengths in doublings, and the weight of another format.

    ``experts``: touched by a batch, ``rows``: of one touched expert, ``n``, ``k``: sizes.
    """

    experts: float
    rows: float
    n: float
    k: float
    other_scheme: float

    @property
    def lengths(self) -> Array:
        """The four lengths, in the order of ``traits``."""
        return np.array([self.experts, self.rows, self.n, self.k])


# Chosen by eye on the first twelve recorded layers (scripts/lib/chosen.py).
SIMILAR_LAYERS = Alike(1.0, 0.7, 1.0, 3.0, 0.02)
NEIGHBOURING_BATCHES = Alike(np.inf, 0.7, np.inf, np.inf, 0.05)


def layer_of(shape: Shape) -> str:
    """The layer's name: the shape without its number formats."""
    return shape.id.removesuffix(f"-{shape.scheme}")


def traits(cell: Cell) -> Array:
    """log2 of: experts that a batch touches, rows for each of them, N, K; routing uniform."""
    shape = cell.shape
    missed = (1.0 - shape.top_k / shape.experts) ** cell.tokens
    touched = shape.experts * (1.0 - missed)
    rows = cell.tokens * shape.top_k / touched
    return np.log2([touched, rows, shape.intermediate, shape.hidden])


class Library:
    """Recorded cells of one GPU as one matrix: cells by configs of all their spaces."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self.recordings = tuple(recordings)
        self.layers = np.array([layer_of(one.cell.shape) for one in recordings])
        self._schemes = np.array([one.cell.shape.scheme for one in recordings])
        self._traits = np.array([traits(one.cell) for one in recordings]).reshape(-1, 4)
        spaces = {id(one.legal): one.legal for one in recordings}
        union = sorted({config for legal in spaces.values() for config in legal.configs}, key=str)
        self._columns = {config: column for column, config in enumerate(union)}
        # By the space itself, held so that its id stays its own.
        self._places: dict[int, tuple[LegalSpace, NDArray[np.int64]]] = {}
        self._regret = np.zeros((len(recordings), len(union)))
        self._known = np.zeros_like(self._regret)
        for row, one in enumerate(recordings):
            columns = self._columns_of(one.legal)
            self._regret[row, columns] = regret_of(one)
            self._known[row, columns] = 1.0

    def _columns_of(self, legal: LegalSpace) -> NDArray[np.int64]:
        if id(legal) not in self._places:
            places = np.array([self._columns.get(config, -1) for config in legal.configs])
            self._places[id(legal)] = legal, places
        return self._places[id(legal)][1]

    def weights(self, cell: Cell, alike: Alike, without: Collection[str]) -> Array:
        """How much each recorded cell counts for ``cell``, 0 for the layers left out."""
        apart = (self._traits - traits(cell)) / alike.lengths
        weight = np.exp(-0.5 * (apart**2).sum(axis=1))
        weight *= np.where(self._schemes == cell.shape.scheme, 1.0, alike.other_scheme)
        return np.where(np.isin(self.layers, list(without)), 0.0, weight)

    def expected_regret(
        self, cell: Cell, legal: LegalSpace, alike: Alike, without: Collection[str]
    ) -> Array:
        """Weighted mean of the log regret of each legal config, shape (configs,).

        A config that no recorded cell knows is expected to be as bad as any.
        """
        weight = self.weights(cell, alike, without)
        total = weight @ self._known
        mean = np.divide(
            weight @ self._regret, total, out=np.full(len(total), MOST_REGRET), where=total > 0
        )
        return np.append(mean, MOST_REGRET)[self._columns_of(legal)]

    def regret(self, legal: LegalSpace) -> Array:
        """Log regret (cells, configs of ``legal``), ``MOST_REGRET`` where not known."""
        filled = np.where(self._known > 0, self._regret, MOST_REGRET)
        padded = np.hstack([filled, np.full((len(filled), 1), MOST_REGRET)])
        return np.asarray(padded[:, self._columns_of(legal)])


def regret_of(one: Recording) -> Array:
    """Log regret of the legal configs, capped at ``MOST_REGRET``; failures stand at the cap."""
    regret = np.log(one.latency_us[: len(one.legal)] / one.best_us)
    return np.asarray(np.minimum(np.nan_to_num(regret, nan=MOST_REGRET), MOST_REGRET))
