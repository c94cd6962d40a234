"""The parts of a measurement that processes share, on one host or on many, a ledger each."""

from __future__ import annotations

import heapq
import re
from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.shape import Cell, parse_cell

Item = TypeVar("Item", bound=Hashable)
_SHARE = re.compile(r"([1-9]\d*)/([1-9]\d*)")


@dataclass(frozen=True)
class Share:
    """The ``number``-th of ``of`` parts, from 1."""

    number: int
    of: int

    @property
    def ledger(self) -> str:
        """Name of its ledger."""
        return f"ledger-{self.number}-of-{self.of}.jsonl"


def parse_share(text: str) -> Share:
    """For example ``2/4``; InputError on anything else."""
    match = _SHARE.fullmatch(text)
    if match is None or int(match[1]) > int(match[2]):
        raise InputError(f"--share {text}: write the part and how many there are, such as 2/4")
    return Share(int(match[1]), int(match[2]))


def seconds_a_trial(cell: Cell) -> float:
    """About how long a trial of a cell takes on an H200: for the order of work, not for results.

    Least squares over 111 recorded cells: a constant, the weights (E N K), the rows multiplied.
    """
    layer = cell.shape.intermediate * cell.shape.hidden
    rows = cell.tokens * cell.shape.top_k
    return 0.010 + 0.036 * cell.shape.experts * layer / 2**30 + 0.60 * rows * layer / 2**40


def deal(seconds: Mapping[Item, float], of: int) -> list[list[Item]]:
    """The items of each part: the longest first, each to the part with the least work so far.

    ``seconds``: of work, by item; among equals the first given is dealt first.
    """
    parts: list[list[Item]] = [[] for _ in range(of)]
    least = [(0.0, part) for part in range(of)]
    for item in sorted(seconds, key=lambda one: -seconds[one]):
        work, part = heapq.heappop(least)
        parts[part].append(item)
        heapq.heappush(least, (work + seconds[item], part))
    return parts


def cells_by_part(trials: Mapping[str, int], of: int) -> list[set[str]]:
    """The cells of each part; ``trials`` by cell id. A part can be empty.

    Layers stay whole, since a GPU makes a layer's weights once, unless one is more than a part's
    share of the work.
    """
    cells = {cell_id: parse_cell(cell_id) for cell_id in sorted(trials)}
    work = {cell_id: seconds_a_trial(cell) * trials[cell_id] for cell_id, cell in cells.items()}
    layers: dict[str, float] = defaultdict(float)
    for cell_id, alone in work.items():
        layers[cells[cell_id].shape.id] += alone
    share = sum(work.values()) / of
    units = {
        cell_id: cell_id if layers[cell.shape.id] > share else cell.shape.id
        for cell_id, cell in cells.items()
    }
    seconds: dict[str, float] = defaultdict(float)
    for cell_id, unit in units.items():
        seconds[unit] += work[cell_id]
    part = {unit: place for place, some in enumerate(deal(seconds, of)) for unit in some}
    found: list[set[str]] = [set() for _ in range(of)]
    for cell_id, unit in units.items():
        found[part[unit]].add(cell_id)
    return found


def part_of(plan: pd.DataFrame, share: Share) -> pd.DataFrame:
    """The rows of a plan (as PLAN) that a part measures."""
    trials = {str(cell_id): len(rows) for cell_id, rows in plan.groupby("cell_id")}
    mine = cells_by_part(trials, share.of)[share.number - 1]
    return plan[plan["cell_id"].isin(mine)]


def check_alone(folder: Path, share: Share) -> None:
    """InputError if the folder holds ledgers of another number of parts: cells would be in two."""
    others = sorted(
        path.name
        for path in folder.glob("ledger-*-of-*.jsonl")
        if not path.name.endswith(f"-of-{share.of}.jsonl")
    )
    if others:
        raise InputError(
            f"{folder}: holds {others[0]}, a part of another division; go on with as many "
            "parts, or name another folder"
        )
