"""Plan fresh finals of what a study chose: each cell's choices, its committed config, the default.

The study's own finals chose, so half of their rounds may not judge; rounds held anew judge with all
of them. The plan is one for `python -m scripts.measure.sweep`: a few configs a cell, no search.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.live import LIVE
from scripts.lib.schemas.plan import PLAN
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.transfer.strategies.default_heuristic import default_of
from scripts.tune.sources import COMMITTED, DEFAULT

LOG = logging.getLogger("tune.again")
EXAMPLE = """example:
  python -m scripts.tune.again --live results/tables/tune/live.parquet --out build/again.parquet
  python -m scripts.measure.sweep --plan build/again.parquet --ledger build/again.jsonl
"""


def plan_again(live: pd.DataFrame) -> pd.DataFrame:
    """PLAN of the cells on which a choice can be judged; layer by layer, batch sizes ascending.

    ``live``: LIVE. The committed config comes first, then the choices, by how many searches led to
    them, then the runtime's default. A choice that is the committed config is judged by the A/A
    slots alone.
    """
    judged = live[live["final_id"].notna() & live["committed_id"].notna()]
    if judged.empty:
        raise InputError("--live: no search has a choice beside a committed config")
    cells = sorted(judged["cell_id"].unique(), key=_place)
    by_cell = dict(list(judged.groupby("cell_id")))
    parts = [_plan_cell(cell_id, by_cell[cell_id]) for cell_id in cells]
    return pd.concat(parts, ignore_index=True)[PLAN.names]


def _place(cell_id: str) -> tuple[str, int]:
    cell = parse_cell(cell_id)
    return cell.shape.id, cell.tokens


def _plan_cell(cell_id: str, searches: pd.DataFrame) -> pd.DataFrame:
    committed = str(searches["committed_id"].iloc[0])
    ordered = searches.sort_values("source").groupby("final_id")["source"]
    sources = {str(config): [str(one) for one in found] for config, found in ordered}
    names = {
        config: ",".join(f"S1-S8:{one}".rstrip(":") for one in found)
        for config, found in sources.items()
    }
    chosen = sorted(names, key=lambda config: (-len(sources[config]), config))
    standing = {committed: COMMITTED}
    if (default := default_of(parse_cell(cell_id))) is not None:
        standing[default.id] = f"{standing.get(default.id, '')},{DEFAULT}".lstrip(",")
    ids = list(dict.fromkeys([committed, *chosen, *standing]))
    said = [",".join(filter(None, (standing.get(one), names.get(one)))) for one in ids]
    return pd.DataFrame(
        {
            "cell_id": cell_id,
            "order": range(len(ids)),
            "config_id": ids,
            "proposed_by": said,
            "predicted_us": None,
            "model_version": None,
        }
    )


def main(argv: list[str] | None = None) -> int:
    """Read the study, plan, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--live", type=Path, required=True, help="LIVE table of the study")
    parser.add_argument("--out", type=Path, required=True, help="plan to write (PLAN table)")
    args = parser.parse_args(argv)

    def body() -> None:
        plan = plan_again(read_table(args.live, LIVE))
        write_table(args.out, plan, PLAN)
        LOG.info("%s: %d configs on %d cells", args.out, len(plan), plan["cell_id"].nunique())

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
