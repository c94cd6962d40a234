"""Legal configs of a cell in one order or another, and where a committed one stands in it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scripts.catalogue.candidates import Pool
from scripts.lib.carry import carried_over
from scripts.lib.config import Config, parse_id
from scripts.lib.device import find_device
from scripts.lib.runtimes.default_config import newest_default
from scripts.lib.schemas.foreseen import Order
from scripts.lib.shape import parse_cell
from scripts.sim.gpu_out import untaught
from scripts.sim.model.hardware import hardware
from scripts.sim.picks import pick_score
from scripts.sim.questions import ask
from scripts.sim.simulator import Simulator, analytical_us, time_layer
from scripts.transfer.committed_files import History
from scripts.transfer.crowd import CROWD_WEIGHT
from scripts.transfer.legal import LegalSpace, coordinates
from scripts.transfer.strategies.s2_nearest import distance_from

Array = NDArray[np.float64]
# Parts of a GPU's record that the equations read -> fields of scripts.sim.model.hardware. What a
# launch takes is no part of it: one fitted number serves all GPUs.
PARTS = {
    "bandwidth": ("bandwidth_bytes_s",),
    "tensor": ("tensor_flops",),
    "processors": ("processors", "l2_bytes"),
    "clock": ("clock_hz",),
}
RECORD = "record"  # all of them together
_DIGITS = 9  # the last digits of a sum differ from processor to processor


@dataclass(frozen=True)
class Asked:
    """Committed rows of one GPU and number formats, each with the legal configs it stands among.

    ``rows``: of CHOSEN_ROWS. ``row``, ``config``: of each question the place in ``rows`` and in the
    legal space; questions of a row are together. ``own``: the question that is the committed one.
    ``whole``: whether a row is asked of all legal configs.
    """

    rows: pd.DataFrame
    legal: LegalSpace
    row: NDArray[np.int64]
    config: NDArray[np.int64]
    own: NDArray[np.int64]
    whole: bool

    @cached_property
    def cells(self) -> pd.Series:
        """Of each question."""
        return self.rows["cell_id"].iloc[self.row].reset_index(drop=True)

    @cached_property
    def configs(self) -> pd.Series:
        """Ids, of each question."""
        ids = np.array(list(self.legal.by_id), dtype=object)
        return pd.Series(ids[self.config])


def asked_of(rows: pd.DataFrame, ids: Sequence[str], whole: int, sample: int) -> Asked:
    """Each row among the legal configs ``ids``: all of ``whole`` at most, else about ``sample``.

    The same for all rows but for their own config. Which, the remainder of a hash of their ids
    says: in the order of parameters every n-th may always have the same last ones.
    """
    every = 1 if len(ids) <= whole else -(-len(ids) // sample)
    drawn = {one for one in ids if zlib.crc32(one.encode()) % every == 0}
    legal = LegalSpace(parse_id(one) for one in drawn | set(rows["config_id"]))
    place = {one: index for index, one in enumerate(legal.by_id)}
    stands = np.array([one in drawn for one in place])
    row, config, own = [], [], []
    asked = 0
    for index, committed in enumerate(rows["config_id"]):
        mine = np.flatnonzero(stands | (np.arange(len(place)) == place[committed]))
        own.append(asked + int(np.searchsorted(mine, place[committed])))
        row.append(np.full(len(mine), index))
        config.append(mine)
        asked += len(mine)
    return Asked(
        rows.reset_index(drop=True), legal, np.concatenate(row), np.concatenate(config),
        np.array(own), every == 1,
    )  # fmt: skip


def standing(score: Array, row: NDArray[np.int64], own: NDArray[np.int64]) -> pd.DataFrame:
    """Of each row: configs, how many stand ahead of its own, how many others are tied with it.

    ``score``: of each question, the least first; ``row``: its row; ``own``: each row's own.
    """
    rounded = np.round(score, _DIGITS)
    mine = rounded[own][row]
    size, ahead, same = (
        np.bincount(row, weights=weight, minlength=len(own)).astype(int)
        for weight in (np.ones(len(row)), rounded < mine, rounded == mine)
    )
    return pd.DataFrame({"configs": size, "ahead": ahead, "tied": same - 1})


def share_ahead(found: pd.DataFrame) -> pd.Series:
    """Share of the others that stand ahead; of those that are tied, half."""
    others = (found["configs"] - 1).clip(lower=1)
    return (found["ahead"] + found["tied"] / 2) / others


def by_latency(asked: Asked, us: Array) -> pd.DataFrame:
    """``standing`` in the order in which graphx-sim names configs, with the predicted ratio."""
    score = pick_score(pd.Series(asked.row), asked.configs, us)
    found = standing(score, asked.row, asked.own)
    least = np.full(len(asked.own), np.inf)
    np.minimum.at(least, asked.row, us)
    return found.assign(ratio=us[asked.own] / least)


def simulated(
    asked: Asked, facts: pd.DataFrame, simulator: Simulator, pool: Pool
) -> Iterator[tuple[Order, pd.DataFrame]]:
    """By graphx-sim, alone and weighed with the crowd; by its equations, fitted and unfitted."""
    numbers = ask(asked.cells, asked.configs, facts)
    parts = time_layer(numbers, simulator.parameters)
    fitted = analytical_us(parts)
    us = fitted * simulator.correction(numbers, parts)
    yield Order.SIM, by_latency(asked, us)
    yield Order.CROWD, by_latency(asked, us * np.exp(CROWD_WEIGHT * _unlikely(asked, pool)))
    yield Order.FITTED, by_latency(asked, fitted)
    unfitted = untaught(find_device(str(asked.rows["device"].iloc[0])))
    yield Order.EQUATIONS, by_latency(asked, analytical_us(time_layer(numbers, unfitted)))


def _unlikely(asked: Asked, pool: Pool) -> Array:
    """As files for a GPU without recordings weigh their candidates (scripts.catalogue.naming)."""
    cells = [parse_cell(name) for name in asked.rows["cell_id"]]
    layers = [list(own) for _, own in groupby(cells, key=lambda cell: cell.shape)]
    said = pool.unlikely(asked.legal, layers, lambda owner, _: owner != cells[0].device)
    return np.concatenate(list(said))[asked.row, asked.config]


def near(asked: Asked, history: History, teacher: str) -> Iterator[tuple[Order, pd.DataFrame]]:
    """By distance from the teacher's committed config, and from vLLM's default; rows that have it.

    ``standing``, indexed by the rows.
    """
    points: dict[Order, dict[int, Config]] = {Order.NEAREST: {}, Order.DEFAULT: {}}
    for index, name in enumerate(asked.rows["cell_id"]):
        cell = parse_cell(name)
        device = find_device(cell.device)
        file = history.files(cell.shape).get(teacher)
        if file is not None and teacher != cell.device:
            points[Order.NEAREST][index] = carried_over(file.at(cell.tokens), device)
        default = newest_default(cell.shape, cell.tokens, device)
        if default is not None:
            points[Order.DEFAULT][index] = default
    for order, by_row in points.items():
        if by_row:
            yield order, _by_distance(asked, by_row)


def _by_distance(asked: Asked, points: Mapping[int, Config]) -> pd.DataFrame:
    far = {
        point: distance_from(coordinates([point])[0], asked.legal) for point in set(points.values())
    }
    starts = np.searchsorted(asked.row, np.arange(len(asked.own) + 1))
    found = []
    for index, point in points.items():
        mine = slice(starts[index], starts[index + 1])
        score = far[point][asked.config[mine]]
        own = np.array([asked.own[index] - starts[index]])
        found.append(standing(score, np.zeros(len(score), dtype=np.int64), own))
    return pd.concat(found).set_axis(list(points)).assign(ratio=np.nan)


def replaced(
    asked: Asked, facts: pd.DataFrame, simulator: Simulator, teacher: str
) -> Iterator[tuple[str, pd.DataFrame]]:
    """By graphx-sim with each part of the record replaced by the teacher's, and RECORD: all.

    Columns: configs; own, replaced: share that stands ahead, by predicted latency. A part that both
    records have alike is left out.
    """
    scheme = parse_cell(asked.rows["cell_id"].iloc[0]).shape.scheme
    other = vars(hardware(find_device(teacher), scheme))
    numbers = ask(asked.cells, asked.configs, facts)
    own = numbers.iloc[0]
    swaps = {
        part: {name: other[name] for name in fields if own[name] != other[name]}
        for part, fields in {**PARTS, RECORD: sum(PARTS.values(), ())}.items()
    }
    swaps = {part: new for part, new in swaps.items() if new}
    # At once: a call costs more than a row.
    every = pd.concat([numbers, *(numbers.assign(**new) for new in swaps.values())])
    us = simulator.predict_us(every.reset_index(drop=True)).reshape(len(swaps) + 1, -1)
    before, *after = (standing(one, asked.row, asked.own) for one in us)
    for part, found in zip(swaps, after, strict=True):
        shares = {"own": share_ahead(before), "replaced": share_ahead(found)}
        yield part, before[["configs"]].assign(**shares)
