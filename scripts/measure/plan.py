"""Write the plan of a sweep: for every cell, each proposed config and the whole legal space.

Proposals come first (the best of them tells how slow is slow), the rest in a random order, so
that a drift of the GPU does not fall on one part of the space.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.log import run_main
from scripts.lib.schemas.plan import PLAN
from scripts.lib.schemas.space import SPACE
from scripts.lib.schemas.transfer import PROPOSALS
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table


def make_plan(space: pd.DataFrame, proposals: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Join legal space and proposals cell by cell; rows as PLAN."""
    legal = space.loc[space["legal"], ["device", "scheme", "config_id"]]
    cells = proposals["cell_id"].drop_duplicates().tolist()
    parts = [_plan_cell(cell_id, legal, proposals, seed + i) for i, cell_id in enumerate(cells)]
    return pd.concat(parts, ignore_index=True)[PLAN.names]


def _plan_cell(
    cell_id: str, legal: pd.DataFrame, proposals: pd.DataFrame, seed: int
) -> pd.DataFrame:
    cell = parse_cell(cell_id)
    mine = proposals[proposals["cell_id"] == cell_id]
    named = mine["strategy"].str.cat(mine["source"].fillna(""), sep=":").str.rstrip(":")
    by_config = named.groupby(mine["config_id"], sort=False).agg(",".join)
    fits = (legal["device"] == cell.device) & (legal["scheme"] == cell.shape.scheme)
    members = legal.loc[fits, "config_id"]
    rest = members[~members.isin(by_config.index)].to_numpy()
    rest = np.random.default_rng(seed).permutation(rest)
    ids = [*by_config.index, *rest]
    names = [*by_config, *[""] * len(rest)]
    return pd.DataFrame(
        {
            "cell_id": cell_id,
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
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m scripts.measure.plan --space results/tables/space.parquet "
        "--proposals results/tables/proposals.parquet --out build/plan.parquet",
    )
    parser.add_argument("--space", type=Path, required=True, help="legal space (SPACE table)")
    parser.add_argument("--proposals", type=Path, required=True, help="PROPOSALS table")
    parser.add_argument("--seed", type=int, default=20260814, help="seed of the random order")
    parser.add_argument("--out", type=Path, required=True, help="plan to write (PLAN table)")
    args = parser.parse_args(argv)

    def body() -> None:
        space, proposals = read_table(args.space, SPACE), read_table(args.proposals, PROPOSALS)
        write_table(args.out, make_plan(space, proposals, args.seed), PLAN)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
