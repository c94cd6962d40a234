"""Whether what is asked about can launch: the compiler's figures, or a lower bound without them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from kernels.formats import SCHEMES
from scripts.lib.config import parse_id
from scripts.lib.device import Device, find_device
from scripts.lib.legality import Judgement, judge_launch
from scripts.lib.search_space import is_searched
from scripts.lib.shape import parse_cell

# Columns of a table of predictions that say so.
LEGALITY = ("legality", "resource", "needed", "available")


def judge_config(
    device: Device, scheme: str, config_id: str, registers: float, shared_bytes: float
) -> Judgement:
    """One config by the figures of its binary."""
    config = parse_id(config_id)
    searched = is_searched(config, device.vendor, SCHEMES[scheme])
    return judge_launch(device, config.num_warps, int(registers), int(shared_bytes), searched)


def judge_rows(
    cells: Sequence[str], configs: Sequence[str], asked: pd.DataFrame
) -> list[Judgement]:
    """Of each question; ``asked``: registers and shared of scripts.sim.questions.ask."""
    known: dict[tuple[Any, ...], Judgement] = {}
    parsed = {cell_id: parse_cell(cell_id) for cell_id in set(cells)}
    found = []
    figures = zip(asked["registers"], asked["shared"], strict=True)
    for cell_id, config_id, (registers, shared) in zip(cells, configs, figures, strict=True):
        cell = parsed[cell_id]
        key = (cell.device, cell.shape.scheme, config_id, registers, shared)
        if key not in known:
            known[key] = judge_config(find_device(key[0]), key[1], config_id, registers, shared)
        found.append(known[key])
    return found


def as_columns(found: Sequence[Judgement]) -> dict[str, list[Any]]:
    """The columns of LEGALITY."""
    return {
        "legality": [one.word.value for one in found],
        "resource": [one.resource for one in found],
        "needed": [one.needed for one in found],
        "available": [one.available for one in found],
    }
