"""What a file would cost its user under the operator, by what chose its rows.

A row is held against the better of what the runtime launches without the file: the committed
config and the default one. Half of the operator's rounds choose (its own pick, and which of the two
is the better), the other half judge, so that no round does both.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scripts.lib.judging.exported import exported
from scripts.lib.runtimes.default_config import SCHEMES, default_config
from scripts.lib.shape import Cell, parse_cell
from scripts.statistics.bootstrap import round_10
from scripts.statistics.rounds import Rounds

JUDGES = ("committed", "two_gemm", "op")
NAMES = ["cell_id", "device", "scheme", *JUDGES]


def exports(
    of_op: Mapping[str, Rounds], committed: Mapping[str, str], pairs: pd.DataFrame
) -> pd.DataFrame:
    """NAMES: by cell, the row's latency over the better of committed and default.

    ``of_op``: the operator's rounds; ``committed``: by cell, where there is one; ``pairs``:
    OP_PAIRS. Columns:
    ``committed``, the committed row as it is; ``two_gemm``, the row that the two GEMMs' verdicts
    would export; ``op``, that of the operator's own finals.
    """
    chosen = _by_two_gemms(pairs)
    rows = []
    for cell_id, rounds in sorted(of_op.items()):
        slot, cell = rounds.first_slot(committed.get(cell_id)), parse_cell(cell_id)
        base = standing(rounds, cell, slot)
        if not base:
            continue
        deciding, judging = halves(rounds)
        better = fastest(deciding, base)
        first = rounds.first_slot(chosen.get(cell_id))
        rows.append(
            {
                "cell_id": cell_id,
                "device": cell.device,
                "scheme": cell.shape.scheme,
                "committed": _over(judging, slot, better),
                "two_gemm": _over(judging, slot if first is None else first, better),
                "op": _over(judging, by_op(deciding, base), better),
            }
        )
    return pd.DataFrame(rows, columns=NAMES)


def standing(rounds: Rounds, cell: Cell, committed: int | None) -> list[int]:
    """The slots of what the runtime launches without the file: committed, then default."""
    default = None
    if cell.shape.scheme in SCHEMES:
        default = rounds.first_slot(default_config(cell.shape, cell.tokens).id)
    return [slot for slot in (committed, default) if slot is not None]


def halves(rounds: Rounds) -> tuple[Rounds, Rounds]:
    """Rounds two by two in turn: an order and its reverse belong together."""
    first = rounds.numbers // 2 % 2 == 0
    return rounds.only(first), rounds.only(~first)


def _by_two_gemms(pairs: pd.DataFrame) -> dict[str, str]:
    """By cell the fastest config that their finals show to be faster than committed, if any."""
    shown = pairs[pairs["high"] < 1.0].sort_values(["ratio", "config_id"])
    first = shown.drop_duplicates("cell_id")
    return dict(zip(first["cell_id"].tolist(), first["config_id"].tolist(), strict=True))


def by_op(deciding: Rounds, base: list[int]) -> int:
    """The fastest slot that is shown to be faster than what stands without the file; else that.

    ``base``: the slots of what stands, at least one. Of a config with several slots the first is
    looked at: a second one would be a further chance of the same.
    """
    stands = fastest(deciding, base)
    ratios = deciding.ratios(stands)
    firsts = {deciding.first_slot(config) for config in deciding.configs.values()}
    ends = {slot: (ratios[n, 0], ratios[n, 2]) for n, slot in enumerate(deciding.slots)}
    return exported(stands, {slot: ends[slot] for slot in ends if slot in firsts - {stands}})


def fastest(rounds: Rounds, slots: list[int]) -> int:
    """Of these slots, by medians paired to the first of them."""
    ratios = rounds.ratios(slots[0])
    return min(slots, key=lambda slot: (ratios[rounds.slots.index(slot), 0], slot))


def _over(judging: Rounds, slot: int | None, better: int) -> float:
    if slot is None:
        return float("nan")
    ratio = judging.ratios(better)[judging.slots.index(slot), 0]
    return float("nan") if np.isnan(ratio) else round_10(float(ratio))
