"""The same configs under graphx's two GEMMs and under the runtime's operator, pair by pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scripts.lib.judging.decision import decide
from scripts.lib.schemas.agreement import OP_PAIRS
from scripts.lib.shape import Cell, parse_cell
from scripts.statistics.bootstrap import round_10
from scripts.statistics.rounds import Rounds, read_rounds

# The runtime skips the alignment where rows times this do not exceed the experts (vLLM 0.24); its
# kernels for packed weights never do.
SKIPS_BELOW = 4
Row = dict[str, Any]


class Recorded(NamedTuple):
    """Finals (FINALS) of one recording, the level of their intervals, and its routing."""

    name: str
    finals: pd.DataFrame
    level: float
    routing: str = "uniform"

    def rounds(self, wanted: Iterable[str]) -> dict[str, Rounds]:
        """By cell, of the cells wanted."""
        mine = self.finals[self.finals["cell_id"].isin(list(wanted))]
        if mine.empty:
            return {}
        return {rounds.cell_id: rounds for rounds in read_rounds(mine, self.level)}


def pairs(
    op: Recorded, committed: Mapping[str, str], own: Iterable[Recorded], margin: float
) -> pd.DataFrame:
    """OP_PAIRS of the operator's finals and those of the two GEMMs.

    ``committed``: the committed config by cell; cells without one have no pair. ``own``: a pair is
    taken from the first recording whose finals hold it, and its verdict again from the next.
    """
    of_op = op.rounds(committed)
    found: dict[tuple[str, str], Row] = {}
    for recording in own:
        for cell_id, rounds in recording.rounds(of_op).items():
            rows = _of_cell(of_op[cell_id], rounds, committed[cell_id], margin)
            for row in rows:
                key = cell_id, str(row["config_id"])
                named = {"dataset": recording.name, "routing": op.routing}
                first = found.setdefault(key, row | named)
                if first["dataset"] != recording.name and "again_dataset" not in first:
                    again = {"again_dataset": recording.name, "again_verdict": row["verdict"]}
                    found[key] = first | again
    frame = pd.DataFrame(list(found.values()), columns=OP_PAIRS.names)
    return frame.sort_values(["device", "scheme", "cell_id", "config_id"], ignore_index=True)


def _of_cell(op: Rounds, own: Rounds, committed: str, margin: float) -> Iterator[Row]:
    to_op, to_own = op.first_slot(committed), own.first_slot(committed)
    if to_op is None or to_own is None:
        return
    cell = parse_cell(op.cell_id)
    us, op_us = median_us(own, to_own), median_us(op, to_op)
    for config_id in sorted(set(op.configs.values()) & set(own.configs.values()) - {committed}):
        slot, own_slot = op.first_slot(config_id), own.first_slot(config_id)
        assert slot is not None
        assert own_slot is not None
        ratio, op_ratio = own.ratio(own_slot, to_own), op.ratio(slot, to_op)
        low, high = (1 + (end - 1) * us / op_us for end in ratio[1:])
        yield {
            "cell_id": cell.id,
            "config_id": config_id,
            "device": cell.device,
            "scheme": cell.shape.scheme,
            "tokens": cell.tokens,
            "committed_id": committed,
            "us": us,
            "op_us": op_us,
            **_judged("", ratio, margin),
            **_judged("op_", op_ratio, margin),
            "diluted": _word(low, high, margin),
            "unaligned": unaligned(cell),
            "blocks": None,
        }


def median_us(rounds: Rounds, slot: int) -> float:
    """Median latency of a slot, us."""
    return round_10(float(np.nanmedian(rounds.samples[:, rounds.slots.index(slot)])))


def unaligned(cell: Cell) -> bool:
    """Whether the operator skips the alignment of so few tokens."""
    few = cell.tokens * cell.shape.top_k * SKIPS_BELOW <= cell.shape.experts
    return few and not cell.shape.scheme.startswith("int4")


def _judged(prefix: str, ratio: tuple[float, float, float], margin: float) -> Row:
    named = zip(("ratio", "low", "high"), ratio, strict=True)
    return {f"{prefix}{name}": value for name, value in named} | {
        f"{prefix}verdict": _word(ratio[1], ratio[2], margin)
    }


def _word(low: float, high: float, margin: float) -> str:
    return str(decide(low, high, margin).item())
