"""The few configs that a file without a measurement may hold for a cell, before they are ranked.

Other GPUs' files for the very layer (S1, or S2 where a config is not legal here), and what files
hold for the most similar cells of other layers (S5), on GPUs of the same vendor. Two dozen of them
hold nearly what the whole space does, and graphx-sim errs less where it has less to choose from.
Of a GPU without recordings graphx-sim knows less, and how unlikely each would be among what those
files hold for such cells is weighed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from scripts.lib.config import Config
from scripts.lib.device import Vendor, find_device
from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.shape import BATCH_LADDER, Cell, Shape, parse_shape
from scripts.lib.tables import read_table
from scripts.transfer.committed_files import ConfigFile, History
from scripts.transfer.crowd import nearness, surprise
from scripts.transfer.legal import LegalSpace, coordinates
from scripts.transfer.library import SIMILAR_LAYERS, layer_of, traits
from scripts.tune.sources import carried_from

SIMILAR = 8  # configs of similar cells, those of the greatest weight
Array = NDArray[np.float64]
# Whether a file of (GPU, layer) may be heard for a cell.
Heard = Callable[[str, str], bool]


@dataclass(frozen=True)
class Candidates:
    """Of one cell. ``carried``: by config the GPUs whose files for the layer hold it, as it is or
    nearest to it; ``similar``: what files hold for similar cells; ``unlikely``: log units, if it is
    known (scripts.transfer.crowd)."""  # noqa: D205,D209

    carried: Mapping[Config, tuple[str, ...]]
    similar: tuple[Config, ...]
    unlikely: Mapping[Config, float] = field(default_factory=dict)

    @property
    def configs(self) -> list[Config]:
        """Each once."""
        return list(dict.fromkeys([*self.carried, *self.similar]))


class Pool:
    """Config files of all GPUs, by the traits of the cells that their entries are for."""

    def __init__(self, history: History, shapes: Sequence[Shape]) -> None:
        self.history = history
        self._rows: dict[Vendor, _Rows] = {}
        for vendor in (Vendor.NVIDIA, Vendor.AMD):
            rows = [
                (device, shape, file)
                for shape in shapes
                for device, file in history.files(shape).items()
                if find_device(device).vendor is vendor
            ]
            if rows:
                self._rows[vendor] = _Rows(rows)

    def candidates(
        self, cells: Sequence[Cell], legal: LegalSpace, heard: Heard, *, recorded: bool
    ) -> list[Candidates]:
        """Of cells of one layer on one GPU, whose legal space is ``legal``.

        ``recorded``: whether anything was recorded of the GPU; if not, with ``unlikely``.
        """
        rows = self._rows.get(find_device(cells[0].device).vendor)
        carried = [self._carried(cell, legal, heard) for cell in cells]
        if rows is None:
            return [Candidates(one, ()) for one in carried]
        weighed = rows.weighed(cells, heard)
        found = list(map(Candidates, carried, rows.similar(weighed, legal)))
        if recorded:
            return found
        every = list(dict.fromkeys(chain.from_iterable(one.configs for one in found)))
        said = rows.unlikely(rows.alike(every), weighed)
        return [
            replace(one, unlikely=dict(zip(every, row.tolist(), strict=True)))
            for one, row in zip(found, said, strict=True)
        ]

    def unlikely(
        self, legal: LegalSpace, layers: Iterable[Sequence[Cell]], heard: Heard
    ) -> Iterator[Array]:
        """As ``Candidates.unlikely``, of all legal configs on a layer's cells, (cells, configs)."""
        alike: Array | None = None
        for cells in layers:
            rows = self._rows[find_device(cells[0].device).vendor]
            alike = rows.alike(legal.configs) if alike is None else alike
            yield rows.unlikely(alike, rows.weighed(cells, heard))

    def sources(self, device: str, shape: Shape, heard: Heard) -> list[str]:
        """Other GPUs with a file for the layer that may be heard."""
        files = self.history.files(shape)
        return [name for name in files if name != device and heard(name, layer_of(shape))]

    def _carried(
        self, cell: Cell, legal: LegalSpace, heard: Heard
    ) -> dict[Config, tuple[str, ...]]:
        found: dict[Config, tuple[str, ...]] = {}
        for source in self.sources(cell.device, cell.shape, heard):
            one = carried_from(self.history, cell, source, legal)
            near = one.carried == one.nearest
            found[one.nearest] = (*found.get(one.nearest, ()), source if near else f"near {source}")
        return found


class _Rows:
    """Entries of files of one vendor's GPUs, at the ladder's batch sizes."""

    def __init__(self, files: Sequence[tuple[str, Shape, ConfigFile]]) -> None:
        self.owners = [(device, layer_of(shape)) for device, shape, _ in files]
        every = [
            (owner, Cell(device, shape, tokens), file.at(tokens))
            for owner, (device, shape, file) in enumerate(files)
            for tokens in BATCH_LADDER
        ]
        self._owner = np.array([owner for owner, _, _ in every])
        self._scheme = np.array([cell.shape.scheme for _, cell, _ in every])
        self._traits = np.array([traits(cell) for _, cell, _ in every]) / SIMILAR_LAYERS.lengths
        self.configs = sorted({config for _, _, config in every}, key=str)
        self._coordinates = coordinates(self.configs)
        place = {config: column for column, config in enumerate(self.configs)}
        columns = [place[config] for _, _, config in every]
        shape = len(every), len(self.configs)
        # Of the layer that was asked for last: GPU after GPU is asked for the same one.
        self._last: tuple[tuple[Shape, tuple[int, ...]], Array] | None = None
        self._holds = csr_matrix((np.ones(len(every)), (np.arange(len(every)), columns)), shape)

    def weighed(self, cells: Sequence[Cell], heard: Heard) -> Array:
        """How much speaks for each of ``configs`` on each cell, shape (cells, configs)."""
        shape, tokens = cells[0].shape, tuple(cell.tokens for cell in cells)
        allowed = np.array([heard(*owner) for owner in self.owners])[self._owner]
        # Rounded: the last digits of a sum differ from processor to processor.
        return np.asarray(np.round((self._weight(shape, tokens) * allowed) @ self._holds, 12))

    def similar(self, weighed: Array, legal: LegalSpace) -> list[tuple[Config, ...]]:
        """The legal configs of the greatest weight, most first; ties in the order of configs."""
        total = weighed * np.array([config in legal.index for config in self.configs])
        order = np.argsort(-total, axis=1, kind="stable")[:, :SIMILAR]
        return [
            tuple(self.configs[column] for column in places if row[column] > 0)
            for row, places in zip(total, order, strict=True)
        ]

    def alike(self, configs: Sequence[Config]) -> Array:
        """How alike some configs are to ``self.configs``, shape (some, configs)."""
        return nearness(coordinates(configs), self._coordinates)

    def unlikely(self, alike: Array, weighed: Array) -> Array:
        """Of some configs on each cell, shape (cells, some); 0 where nothing speaks for any."""
        total = weighed.sum(axis=1, keepdims=True)
        density = weighed @ alike.T / np.where(total > 0, total, 1.0)
        # Digits as above.
        return np.asarray(np.where(total > 0, surprise(density).round(9), 0.0))

    def _weight(self, shape: Shape, tokens: tuple[int, ...]) -> Array:
        """How much each entry counts for each cell, the same on every GPU."""
        if self._last is None or self._last[0] != (shape, tokens):
            wanted = np.array([traits(Cell("", shape, m)) for m in tokens])
            apart = (wanted / SIMILAR_LAYERS.lengths)[:, None, :] - self._traits[None]
            alike = np.where(self._scheme == shape.scheme, 1.0, SIMILAR_LAYERS.other_scheme)
            weight = np.exp(-0.5 * (apart**2).sum(axis=2)) * alike
            self._last = (shape, tokens), weight
        return self._last[1]


def read_pool(history: History, shapes: Path) -> Pool:
    """Of the layers of a SHAPES table. InputError if it cannot be read."""
    ids = read_table(shapes, SHAPES, columns=["shape_id"])["shape_id"]
    return Pool(history, [parse_shape(one) for one in sorted(set(ids)) if one.startswith("E")])
