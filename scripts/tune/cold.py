"""Read the ledgers of studies that nothing recorded on their GPU taught (--teaching gpu_out).

What each search chose, held against the committed config and against the runtime's default as
scripts.tune.live does it, and how its first trials stand to the fastest that was found.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib import command_line
from scripts.lib.chain import read_chain
from scripts.lib.log import run_main
from scripts.lib.schemas.cold_live import FOUND, LIVE_BUDGETS
from scripts.lib.schemas.live import LIVE
from scripts.lib.tables import write_table
from scripts.transfer.committed_files import read_history
from scripts.tune.live import live, read_finals
from scripts.tune.sources import DEFAULT

LOG = logging.getLogger("tune.cold")
Body = dict[str, Any]
EXAMPLE = """example:
  python -m scripts.tune.cold --ledger build/live/cold/ledger-*.jsonl \\
    --history data/recorded/history.parquet --margin 0.01 --out-live build/cold_live.parquet \\
    --out-default build/cold_default.parquet --out-found build/cold_found.parquet
"""


def found_rows(bodies: Iterable[Body], chosen: dict[tuple[str, str], str | None]) -> list[Body]:
    """Rows of FOUND of one ledger; of a search that was run again, the last.

    ``chosen``: the choice by the finals, by cell and source.
    """
    us: dict[str, dict[str, float]] = {}
    searches: dict[tuple[str, str], Body] = {}
    for body in bodies:
        if body["kind"] == "attempt" and body["outcome"] == "correct":
            us.setdefault(body["cell_id"], {})[body["config_id"]] = float(body["median_us"])
        elif body["kind"] == "search":
            searches[body["cell_id"], body["source"]] = body
    return [
        _row(search, us.get(cell_id, {}), chosen.get((cell_id, source)))
        for (cell_id, source), search in sorted(searches.items())
    ]


def _row(search: Body, us: dict[str, float], chosen: str | None) -> Body:
    asked = search["config_ids"]
    row: Body = {"cell_id": search["cell_id"], "source": search["source"]}
    row["first_id"] = asked[0] if asked else None
    for budget in LIVE_BUDGETS:
        row[f"us_{budget}"] = min((us[one] for one in asked[:budget] if one in us), default=None)
    return row | {"chosen_us": us.get(chosen or ""), "best_us": min(us.values(), default=None)}


def found(ledgers: Iterable[Path], against_committed: pd.DataFrame) -> pd.DataFrame:
    """FOUND of all ledgers, sorted. ``against_committed``: LIVE of the same."""
    keys = zip(against_committed["cell_id"], against_committed["source"], strict=True)
    ids = against_committed["final_id"].astype(object)
    chosen = dict(zip(keys, ids.where(ids.notna(), None), strict=True))
    rows = [row for path in ledgers for row in found_rows(read_chain(path), chosen)]
    frame = pd.DataFrame(rows, columns=FOUND.names)
    return frame.sort_values(["cell_id", "source"], ignore_index=True)


def main(argv: list[str] | None = None) -> int:
    """Parse, read, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--ledger", type=Path, nargs="*", default=[], help="their ledgers; none: empty tables")
    add("--history", type=Path, required=True, help="HISTORY table")
    add("--fresh", type=Path, nargs="*", default=[], help="FINALS that judge the choices")
    add("--margin", type=float, default=0.01, help="of win and loss")
    add("--out-live", type=Path, required=True, help="LIVE table, against committed configs")
    add("--out-default", type=Path, required=True, help="LIVE table, against the default")
    add("--out-found", type=Path, required=True, help="FOUND table")
    args = parser.parse_args(argv)

    def body() -> None:
        history, fresh = read_history(args.history), read_finals(args.fresh)
        committed = live(args.ledger, history, args.margin, fresh)
        default = live(args.ledger, history, args.margin, fresh, DEFAULT)
        write_table(args.out_live, committed, LIVE)
        write_table(args.out_default, default, LIVE)
        write_table(args.out_found, found(args.ledger, committed), FOUND)
        LOG.info("%s: %d searches", args.out_live, len(committed))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
