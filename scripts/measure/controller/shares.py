"""The parts of a measurement that processes share, on one host or on many, a ledger each."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.shape import parse_cell
from scripts.measure.controller.shape_queue import seconds_a_trial

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


def dealt(seconds: Mapping[Item, float], share: Share) -> list[Item]:
    """The items of a part: the longest first, each to the part with the least work so far.

    ``seconds``: of work, by item; among equals the first given is dealt first.
    """
    parts: list[tuple[float, list[Item]]] = [(0.0, []) for _ in range(share.of)]
    for item in sorted(seconds, key=lambda one: -seconds[one]):
        least = min(range(share.of), key=lambda part: (parts[part][0], part))
        parts[least] = parts[least][0] + seconds[item], [*parts[least][1], item]
    return parts[share.number - 1][1]


def part_of(plan: pd.DataFrame, share: Share) -> pd.DataFrame:
    """The rows of a plan (as PLAN) that a part measures, every cell in one part.

    Layers stay whole, since a GPU makes a layer's weights once, unless there are fewer of them
    than parts. A part can be empty.
    """
    trials = plan.groupby("cell_id").size()
    cells = {cell_id: parse_cell(cell_id) for cell_id in trials.index}
    units = {cell_id: cell.shape.id for cell_id, cell in cells.items()}
    if len(set(units.values())) < share.of:
        units = {cell_id: cell_id for cell_id in cells}
    seconds = dict.fromkeys(sorted(units.values()), 0.0)
    for cell_id, unit in units.items():
        seconds[unit] += seconds_a_trial(cells[cell_id]) * int(trials[cell_id])
    mine = set(dealt(seconds, share))
    return plan[plan["cell_id"].map(units).isin(mine)]


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
