"""Replay every strategy on the recorded cells and note what it would choose after K trials.

Each strategy runs once per cell and seed, up to the largest K, and all smaller K are read off
the same run: no strategy here looks at its budget.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.measured import CELLS
from scripts.lib.schemas.transfer import REPLAY
from scripts.lib.shape import Cell, parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.transfer.legal import LegalSpace, read_legal
from scripts.transfer.oracle import Oracle, read_replay_oracle
from scripts.transfer.runs import Proposal, read_proposals, runs_of
from scripts.transfer.strategy import Step, search

LOG = logging.getLogger("transfer.replay")

EXAMPLE = """example:
  python -m scripts.transfer.replay --trials trials.parquet --cells cells.parquet \\
    --space results/tables/space/NVIDIA_H200-bf16.parquet \\
    --proposals results/tables/transfer/proposals.parquet \\
    --seeds 50 --budgets 1 2 4 8 16 32 64 128 --out results/tables/transfer/replay.parquet
"""


def choices(steps: Sequence[Step], budgets: Sequence[int]) -> Iterator[dict[str, Any]]:
    """What stands after each budget: K, trials, gpu_seconds and choice (None if none correct).

    The choice is the fastest correct config, the earlier one of equals. ``budgets`` ascend.
    """
    best: Config | None = None
    best_us, seconds, done = float("inf"), 0.0, 0
    for budget in budgets:
        for config, trial in steps[done:budget]:
            done += 1
            seconds += trial.gpu_seconds
            if trial.latency_us is not None and trial.latency_us < best_us:
                best, best_us = config, trial.latency_us
        yield {
            "K": budget,
            "trials": done,
            "gpu_seconds": float(f"{seconds:.10g}"),
            "choice": best.id if best else None,
        }


def replay(
    cells: Sequence[Cell],
    proposals: dict[Cell, list[Proposal]],
    legal: LegalSpace,
    oracle: Oracle,
    *,
    seeds: int,
    budgets: Sequence[int],
) -> pd.DataFrame:
    """REPLAY rows of all cells, sorted by cell, strategy, source, seed and K.

    A cell without proposals still has its random and exhaustive runs. InputError for a proposal
    of an unknown strategy.
    """
    rows: list[dict[str, Any]] = []
    for cell in sorted(cells):
        runs = runs_of(cell, proposals.get(cell, []), legal, seeds, sorted(set(budgets)))
        for run in sorted(runs, key=lambda run: (run.name, run.source or "", run.seed)):
            steps = search(run.strategy, oracle, cell, Budget(max(run.budgets)))
            key = {
                "cell_id": cell.id,
                "strategy": run.name,
                "source": run.source,
                "seed": run.seed,
            }
            rows.extend(key | choice for choice in choices(steps, run.budgets))
    return pd.DataFrame(rows, columns=REPLAY.names)


def read_cells(path: Path) -> list[Cell]:
    """The measured cells; InputError if none, if one stands twice or if GPUs or schemes mix."""
    ids = read_table(path, CELLS, columns=["cell_id"])["cell_id"]
    try:
        cells = [parse_cell(cell_id) for cell_id in ids]
    except ValueError as error:
        raise InputError(f"{path}: column cell_id: {error}") from error
    if len(set(cells)) < len(cells):
        raise InputError(f"{path}: column cell_id: a cell is recorded twice")
    kinds = sorted({(cell.device, cell.shape.scheme) for cell in cells})
    if len(kinds) != 1:
        raise InputError(f"{path}: cells of one GPU and scheme are needed, found {kinds or 'none'}")
    return cells


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value


def main(argv: list[str] | None = None) -> int:
    """Parse, read, replay, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=Path, required=True, help="TRIALS table")
    parser.add_argument("--cells", type=Path, required=True, help="CELLS table, cells to replay")
    parser.add_argument("--space", type=Path, required=True, help="SPACE table")
    parser.add_argument("--proposals", type=Path, required=True, help="PROPOSALS table")
    parser.add_argument("--seeds", type=_count, required=True, help="runs of random search")
    parser.add_argument("--budgets", type=_count, nargs="+", required=True, help="trial budgets K")
    parser.add_argument("--out", type=Path, required=True, help="REPLAY table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        cells = read_cells(args.cells)
        legal = read_legal(args.space, cells[0].device, cells[0].shape.scheme)
        proposals, oracle = read_proposals(args.proposals), read_replay_oracle(args.trials)
        frame = replay(cells, proposals, legal, oracle, seeds=args.seeds, budgets=args.budgets)
        write_table(args.out, frame, REPLAY)
        LOG.info("%s: %d rows of %d cells", args.out, len(frame), len(cells))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
