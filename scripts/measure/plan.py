"""Write the plan of a sweep: for every cell, each proposed config and the whole legal space.

Proposals come first (the best of them tells how slow is slow), the rest in a random order, so
that a drift of the GPU does not fall on one part of the space.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib import command_line
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.plan import PLAN
from scripts.lib.schemas.space import SPACE
from scripts.lib.schemas.transfer import PROPOSALS
from scripts.lib.shape import Cell, parse_cell
from scripts.lib.tables import read_table, write_table


def make_plan(
    space: pd.DataFrame, proposals: pd.DataFrame, seed: int, cells: Sequence[str] | None = None
) -> pd.DataFrame:
    """Join legal space and proposals cell by cell; rows as PLAN.

    ``cells``: ids of the cells to plan, in this order, with proposals or without; default: every
    cell that something is proposed for. InputError for a cell that would have no candidate.
    """
    legal = space.loc[space["legal"], ["device", "scheme", "config_id"]]
    wanted = proposals["cell_id"].drop_duplicates().tolist() if cells is None else list(cells)
    of_cell = dict(list(proposals.groupby("cell_id")))
    none = proposals.iloc[:0]
    parts = [
        _plan_cell(_cell(cell_id), legal, of_cell.get(cell_id, none), seed + number)
        for number, cell_id in enumerate(wanted)
    ]
    return pd.concat(parts, ignore_index=True)[PLAN.names]


def _cell(cell_id: str) -> Cell:
    try:
        return parse_cell(cell_id)
    except ValueError as error:
        raise InputError(f"--cells: {error}") from error


def _plan_cell(cell: Cell, legal: pd.DataFrame, mine: pd.DataFrame, seed: int) -> pd.DataFrame:
    named = mine["strategy"].str.cat(mine["source"].fillna(""), sep=":").str.rstrip(":")
    by_config = named.groupby(mine["config_id"], sort=False).agg(",".join)
    fits = (legal["device"] == cell.device) & (legal["scheme"] == cell.shape.scheme)
    members = legal.loc[fits, "config_id"]
    rest = members[~members.isin(by_config.index)].to_numpy()
    rest = np.random.default_rng(seed).permutation(rest)
    ids = [*by_config.index, *rest]
    if not ids:
        raise InputError(
            f"{cell.id}: nothing is proposed, and no space of {cell.shape.scheme} on {cell.device} "
            "is given; name its table with --space"
        )
    names = [*by_config, *[""] * len(rest)]
    return pd.DataFrame(
        {
            "cell_id": cell.id,
            "order": range(len(ids)),
            "config_id": ids,
            "proposed_by": names,
            # Filled in by scripts.sim.stamp, where a model is at hand.
            "predicted_us": None,
            "model_version": None,
        }
    )


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command_line.parser(
        __doc__,
        "example: python -m scripts.measure.plan"
        " --space results/tables/space/NVIDIA_H200-bf16.parquet "
        "--proposals results/tables/transfer/proposals.parquet --out build/plan.parquet",
    )
    parser.add_argument("--space", type=Path, nargs="+", required=True, help="SPACE tables")
    parser.add_argument("--proposals", type=Path, nargs="+", required=True, help="PROPOSALS tables")
    parser.add_argument("--cells", nargs="+", help="cell ids (default: all with a proposal)")
    parser.add_argument(
        "--without", nargs="+", default=[], help="strategies whose proposals to drop"
    )
    parser.add_argument("--seed", type=int, default=20260814, help="seed of the random order")
    parser.add_argument("--out", type=Path, required=True, help="plan to write (PLAN table)")
    args = parser.parse_args(argv)

    def body() -> None:
        space = pd.concat([read_table(path, SPACE) for path in args.space])
        proposals = pd.concat([read_table(path, PROPOSALS) for path in args.proposals])
        proposals = proposals[~proposals["strategy"].isin(args.without)]
        write_table(args.out, make_plan(space, proposals, args.seed, args.cells), PLAN)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
