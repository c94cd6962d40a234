"""Cut a stamped plan down to its proposals and, in each cell, the configs the model ranks first."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pandas as pd

from scripts.lib import command_line
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.plan import PLAN
from scripts.lib.tables import read_table, write_table
from scripts.sim.picks import pick_score

LOG = logging.getLogger("sim.shortlist")

EXAMPLE = """example:
  python -m scripts.sim.shortlist --plan build/live/stamped.parquet --best 64 \\
      --out build/live/shortlist.parquet
"""


def shortlist(plan: pd.DataFrame, best: int = 0, budget: int | None = None) -> pd.DataFrame:
    """PLAN rows of the proposals and the ``best`` others of each cell, in the plan's order.

    With ``budget`` instead, as many others as make that many trials with the proposals (which stay
    even if they are more). Ranked is by scripts.sim.picks, as `graphx-sim rank` does. ValueError
    unless all are stamped.
    """
    if plan["predicted_us"].isna().any():
        raise ValueError("a row has no prediction; stamp the plan first (scripts.sim.stamp)")
    us = plan["predicted_us"].to_numpy(dtype=float)
    score = pd.Series(pick_score(plan["cell_id"], plan["config_id"], us), index=plan.index)
    unnamed = plan["proposed_by"] == ""
    ranked = score[unnamed].groupby(plan["cell_id"]).rank(method="first").reindex(plan.index)
    named = (~unnamed).groupby(plan["cell_id"]).transform("sum")
    room = (named + best if budget is None else budget) - named
    kept = plan[~unnamed | (ranked <= room)]
    return kept.assign(order=kept.groupby("cell_id").cumcount())


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--plan", type=Path, required=True, help="stamped PLAN table")
    limit = parser.add_mutually_exclusive_group(required=True)
    limit.add_argument(
        "--best", type=int, default=0, help="configs of a cell to keep beside its proposals"
    )
    limit.add_argument("--budget", type=int, help="configs of a cell to keep, proposals included")
    parser.add_argument("--out", type=Path, required=True, help="PLAN table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        try:
            short = shortlist(read_table(args.plan, PLAN), args.best, args.budget)
        except ValueError as error:
            raise InputError(f"{args.plan}: {error}") from error
        write_table(args.out, short, PLAN)
        LOG.info("%s: %d trials on %d cells", args.out, len(short), short["cell_id"].nunique())

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
