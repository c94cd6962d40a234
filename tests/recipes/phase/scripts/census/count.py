"""Count, GPU by GPU, how many different configs its files hold."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd
from scripts.lib.schemas.census import CENSUS

from scripts.lib.log import run_main
from scripts.lib.schemas.history import HISTORY
from scripts.lib.tables import read_table, write_table

EXAMPLE = """example:
  python -m scripts.census.count --history data/recorded/history.parquet --least 5 \\
      --out results/tables/census/census.parquet"""


def count(history: pd.DataFrame, least: int) -> pd.DataFrame:
    """CENSUS of the GPUs with at least ``least`` files in HISTORY; entries without a config not."""
    files = history.dropna(subset=["config_id", "device"]).groupby(["device", "file"])["config_id"]
    by_file = files.agg(entries="size", distinct="nunique").reset_index("file")
    sums = by_file.groupby("device").agg(
        files=("file", "size"), entries=("entries", "sum"), distinct=("distinct", "sum")
    )
    rows = sums[sums["files"] >= least].reset_index()
    return rows.sort_values(["files", "device"], ascending=[False, True], ignore_index=True)


def main(argv: list[str] | None = None) -> int:
    """Read the history, count, write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--history", type=Path, required=True, help="HISTORY table")
    parser.add_argument("--least", type=int, required=True, help="files that a GPU must have")
    parser.add_argument("--out", type=Path, required=True, help="CENSUS table to write")
    arguments = parser.parse_args(argv)

    def body() -> None:
        history = read_table(arguments.history, HISTORY)
        write_table(arguments.out, count(history, arguments.least), CENSUS)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
