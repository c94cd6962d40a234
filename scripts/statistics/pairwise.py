"""Paired comparison of the finalists of each cell, and what the same procedure says of A/A pairs.

How two slots compare within their rounds stands in ``scripts.statistics.rounds``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.judging.decision import decide, inseparable
from scripts.lib.judging.medians import median_intervals
from scripts.lib.log import run_main
from scripts.lib.schemas.measured import CELLS, FINALS
from scripts.lib.schemas.statistics import AA, PAIRWISE
from scripts.lib.tables import write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import Floats, round_10
from scripts.statistics.dataset import read_recordings
from scripts.statistics.rounds import Rounds, read_rounds

EXAMPLE = (
    "python -m scripts.statistics.pairwise --finals finals.parquet --cells cells.parquet"
    " --margin 0.01 --out pairwise.parquet --out-aa aa.parquet"
)


def compare_finalists(
    finals: pd.DataFrame, cells: pd.DataFrame, margin: float, level: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All comparisons within each cell; schemas ``PAIRWISE`` and ``AA``."""
    committed = cells.set_index("cell_id")["committed_id"]
    pairs: list[dict[str, object]] = []
    twins: list[dict[str, object]] = []
    for rounds in read_rounds(finals, level):
        if rounds.cell_id not in committed.index:
            raise InputError(
                f"finals: cell {rounds.cell_id} is not in the table of cells; measure it"
            )
        pairs += _compare(rounds, committed[rounds.cell_id], margin)
        twins += _twins(rounds, margin)
    return (
        pd.DataFrame(pairs, columns=PAIRWISE.names),
        pd.DataFrame(twins, columns=AA.names),
    )


def compare_twins(finals: pd.DataFrame, margin: float, level: float) -> pd.DataFrame:
    """The A/A pairs of every cell alone, each pair at the margin; schema ``AA``."""
    slots = finals.drop_duplicates(["cell_id", "slot"])
    repeated = slots[slots.duplicated(["cell_id", "config_id"], keep=False)]
    wanted = finals.merge(repeated[["cell_id", "slot"]], on=["cell_id", "slot"])
    twins = [row for rounds in read_rounds(wanted, level) for row in _twins(rounds, margin)]
    return pd.DataFrame(twins, columns=AA.names)


def _compare(rounds: Rounds, committed_id: str | None, margin: float) -> list[dict[str, object]]:
    """Every slot against the committed config and against the best slot."""
    slots = rounds.slots
    committed = rounds.first_slot(committed_id)
    # Paired to one reference, not by raw medians: a slow spell hits all slots of its rounds.
    scores = rounds.ratios(slots[0] if committed is None else committed)
    # A slot that shares no round with the reference cannot be the best.
    ranked = zip(np.isnan(scores[:, 0]), map(round_10, scores[:, 0]), slots, strict=True)
    best = min(ranked)[2]
    to_best = rounds.ratios(best)
    to_committed = scores if committed is not None else np.full_like(scores, np.nan)
    counts = (~np.isnan(rounds.samples)).sum(axis=0).tolist()
    medians = median_intervals(rounds.samples)[:, 0].tolist()
    rows: list[dict[str, object]] = []
    for slot, count, median, by_committed, by_best in zip(
        slots, counts, medians, to_committed, to_best, strict=True
    ):
        rows.append(
            {
                "cell_id": rounds.cell_id,
                "config_id": rounds.configs[slot],
                "slot": slot,
                "rounds": count,
                "median_us": round_10(median),
                **_named("committed", by_committed),
                **_named("best", by_best),
                "best": slot == best,
                "tie": bool(inseparable(by_best[1], by_best[2], margin)),
            }
        )
    return rows


def _named(name: str, ratio: Floats) -> dict[str, float]:
    ends = (f"{name}_ratio", f"{name}_low", f"{name}_high")
    return dict(zip(ends, map(round_10, ratio), strict=True))


def _twins(rounds: Rounds, margin: float) -> list[dict[str, object]]:
    """Each further slot of a config against that config's first slot."""
    rows: list[dict[str, object]] = []
    for slot, config_id in sorted(rounds.configs.items()):
        first = rounds.first_slot(config_id)
        if first is None or first == slot:
            continue
        ratio, low, high = rounds.ratio(slot, first)
        rows.append(
            {
                "cell_id": rounds.cell_id,
                "config_id": config_id,
                "slot_a": first,
                "slot_b": slot,
                "rounds": _shared(rounds, first, slot),
                "ratio": ratio,
                "low": low,
                "high": high,
                "verdict": str(decide(low, high, margin).item()),
            }
        )
    return rows


def _shared(rounds: Rounds, first: int, slot: int) -> int:
    """Rounds that hold both slots."""
    columns = [rounds.slots.index(first), rounds.slots.index(slot)]
    return int((~np.isnan(rounds.samples[:, columns])).all(axis=1).sum())


def main(argv: list[str] | None = None) -> int:
    """Read finals and cells, compare, write both tables."""
    parser = options.parser(__doc__, EXAMPLE)
    for name in ("finals", "cells"):
        text = f"{name} of each recording; no cell twice"
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a win or loss")
    parser.add_argument("--level", type=float, default=0.95, help="level of the intervals")
    parser.add_argument("--out", type=Path, required=True, help="finalists compared")
    parser.add_argument("--out-aa", type=Path, required=True, help="A/A pairs")
    arguments = parser.parse_args(argv)

    def body() -> None:
        finals = read_recordings(arguments.finals, FINALS)
        cells = read_recordings(arguments.cells, CELLS)
        pairs, twins = compare_finalists(finals, cells, arguments.margin, arguments.level)
        write_table(arguments.out, pairs, PAIRWISE)
        write_table(arguments.out_aa, twins, AA)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
