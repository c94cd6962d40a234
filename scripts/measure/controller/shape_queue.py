"""The cells of a sweep, shape by shape, for the GPUs that take them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping

import pandas as pd

from scripts.lib.shape import parse_cell
from scripts.lib.shares import seconds_a_trial
from scripts.measure.controller.done import Done


class ShapeQueue:
    """Whole shapes, the one with most work first: a shape's weights are made once, on one GPU.

    ``in_order``: as the plan has them instead, so that after a pause what it puts first is whole.
    """

    def __init__(self, plan: pd.DataFrame, done: Done, *, in_order: bool = False) -> None:
        self._turn = threading.Lock()
        self._cells: dict[str, list[str]] = {}
        self._begun: dict[str, set[str]] = {}
        work: dict[str, float] = {}
        for cell_id, rows in plan.groupby("cell_id", sort=False):
            known = done.cell(str(cell_id))
            missing = known.missing(rows["config_id"])
            if known.whole and not missing:
                continue
            cell = parse_cell(str(cell_id))
            shape = cell.shape.id
            self._cells.setdefault(shape, []).append(str(cell_id))
            work[shape] = work.get(shape, 0.0) + len(missing) * seconds_a_trial(cell)
            if known.uuid is not None:
                self._begun.setdefault(shape, set()).add(known.uuid)
        self._waiting = list(work) if in_order else sorted(work, key=lambda shape: -work[shape])

    @property
    def cells(self) -> list[str]:
        """All cells that wait, in the order they are given out."""
        return [cell_id for shape in self._waiting for cell_id in self._cells[shape]]

    def take(self, uuid: str, present: Collection[str]) -> list[str]:
        """The cells of one shape for the GPU of that UUID; none when all are taken.

        A shape that was begun on a GPU goes on there if that GPU is ``present`` again: on another
        its begun cell would have to start anew.
        """
        with self._turn:
            if not self._waiting:
                return []
            begun = self._begun
            shape = min(self._waiting, key=lambda s: _claim(begun.get(s, set()), uuid, present))
            self._waiting.remove(shape)
            return self._cells[shape]


def _claim(begun: set[str], uuid: str, present: Collection[str]) -> int:
    """0 if the shape was begun here, 1 if on no GPU that is present, 2 if on another one."""
    if uuid in begun:
        return 0
    return 2 if begun & set(present) else 1


def missing_rows(plan: pd.DataFrame, done: Done, most: int) -> pd.DataFrame:
    """What a budget of ``most`` trials may come to, for the compiler: of each cell the first so
    many that have no outcome."""  # noqa: D205,D209
    tried: Mapping[str, set[str]] = {
        cell_id: {config for config in cell.known if cell.is_closed(config)}
        for cell_id, cell in done.cells.items()
    }
    pairs = zip(plan["cell_id"], plan["config_id"], strict=True)
    open_rows = plan[[config not in tried.get(cell, ()) for cell, config in pairs]]
    return open_rows.sort_values("order", kind="stable").groupby("cell_id", sort=False).head(most)
