"""What is tried on a cell: what files and runtimes name, what is predicted, and what is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.carry import carried_over
from scripts.lib.device import Device
from scripts.lib.schemas.plan import PLAN
from scripts.lib.schemas.space import SPACE
from scripts.lib.schemas.transfer import PROPOSALS
from scripts.lib.shape import Cell
from scripts.lib.tables import read_table
from scripts.measure.plan import make_plan
from scripts.sim.picks import pick_score
from scripts.sim.simulator import Simulator
from scripts.sim.stamp import stamp
from scripts.transfer.committed_files import History
from scripts.transfer.legal import LegalSpace, read_legal
from scripts.transfer.strategies.random_search import RandomSearch
from scripts.tune.sources import others_with_file, references
from scripts.tune.space import make_space

REGISTERED = "registered"


@dataclass(frozen=True)
class Known:
    """``registered``: cell id -> configs that were written down beforehand, in their order.

    ``spaces``, ``build``: as ``scripts.tune.space.make_space`` takes them.
    """

    device: Device
    history: History
    simulator: Simulator
    facts: pd.DataFrame
    spaces: Path
    build: Path
    registered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    _spaces: dict[str, tuple[pd.DataFrame, LegalSpace]] = field(default_factory=dict)

    def space(self, scheme: str) -> tuple[pd.DataFrame, LegalSpace]:
        """The SPACE table of a number format, and its legal configs."""
        if scheme not in self._spaces:
            path, _ = make_space(self.device, scheme, self.spaces, self.build)
            legal = read_legal(path, self.device.name, scheme)
            self._spaces[scheme] = read_table(path, SPACE), legal
        return self._spaces[scheme]


def named(known: Known, cell: Cell) -> pd.DataFrame:
    """PROPOSALS of a cell: committed, default, every source's, the first that was registered."""
    rows = pd.DataFrame(list(_named(known, cell)), columns=["strategy", "source", "config_id"])
    rows["source"] = rows["source"].astype(object).where(rows["source"].notna(), None)
    return rows.assign(cell_id=cell.id, file=None)[PROPOSALS.names]


def _named(known: Known, cell: Cell) -> Iterator[tuple[str, str | None, str]]:
    for name, config in references(known.history, cell).items():
        yield name, None, config.id
    files = known.history.files(cell.shape)
    for source in others_with_file(known.history, cell.shape, cell.device):
        yield "S1", source, carried_over(files[source].at(cell.tokens), known.device).id
    for config_id in known.registered.get(cell.id, ())[:1]:
        yield REGISTERED, None, config_id


def whole(known: Known, cells: Sequence[Cell], seed: int) -> pd.DataFrame:
    """PLAN of cells of one number format with the whole legal space."""
    space, _ = known.space(cells[0].shape.scheme)
    proposals = pd.concat([named(known, cell) for cell in cells])
    return _stamped(known, make_plan(space, proposals, seed, [cell.id for cell in cells]))


def short(known: Known, cells: Sequence[Cell], picks: tuple[int, int], seed: int) -> pd.DataFrame:
    """PLAN of cells with what is named, and ``picks``: how many predicted, how many drawn."""
    parts: list[pd.DataFrame] = []
    for _, some in groupby(cells, key=lambda cell: cell.shape):
        layer = list(some)
        predicted = _predicted(known, layer, picks[0])
        for cell in layer:
            ids = [*predicted[cell], *_drawn(known, cell, picks[1], seed)]
            space = pd.DataFrame({"config_id": list(dict.fromkeys(ids))})
            space = space.assign(device=cell.device, scheme=cell.shape.scheme, legal=True)
            parts.append(make_plan(space, named(known, cell), seed + len(parts), [cell.id]))
    return _stamped(known, pd.concat(parts, ignore_index=True))


def _predicted(known: Known, layer: Sequence[Cell], number: int) -> dict[Cell, list[str]]:
    """Those that were registered come first, then graphx-sim's order of the space."""
    first = {cell: list(known.registered.get(cell.id, ()))[:number] for cell in layer}
    if all(len(found) == number for found in first.values()):
        return first
    ids = [one.id for one in known.space(layer[0].shape.scheme)[1].configs]
    cells = np.repeat([cell.id for cell in layer], len(ids))
    asked = pd.DataFrame({"cell_id": cells, "config_id": ids * len(layer)})
    us = stamp(asked, known.facts, known.simulator)["predicted_us"].to_numpy(dtype=float)
    score = pick_score(asked["cell_id"], asked["config_id"], us)
    rows = asked.assign(score=score).sort_values("score", kind="stable")
    ranked = {cell_id: found.tolist() for cell_id, found in rows.groupby("cell_id")["config_id"]}
    return {
        cell: list(dict.fromkeys([*found, *ranked[cell.id]]))[:number]
        for cell, found in first.items()
    }


def _drawn(known: Known, cell: Cell, number: int, seed: int) -> list[str]:
    search = RandomSearch(known.space(cell.shape.scheme)[1], cell, seed)
    drawn = (search.ask() for _ in range(number))
    return [config.id for config in drawn if config is not None]


def _stamped(known: Known, plan: pd.DataFrame) -> pd.DataFrame:
    return stamp(plan, known.facts, known.simulator)[PLAN.names]
