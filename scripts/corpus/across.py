"""Join the files of both runtimes: pairs across them, what is new, what is rejected, arrivals."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from scripts.corpus.counts import (
    arrival_rates,
    make_across,
    make_arrivals,
    make_rejected,
    make_runtimes,
)
from scripts.corpus.runtimes import configs
from scripts.lib import command_line
from scripts.lib.log import run_main
from scripts.lib.schemas.history import HISTORY, RUNTIME_HISTORY
from scripts.lib.schemas.runtimes import ACROSS, ARRIVAL_RATES, ARRIVALS, REJECTED, RUNTIMES
from scripts.lib.tables import read_table, write_table

LOG = logging.getLogger("corpus")

EXAMPLE = """example:
  python -m scripts.corpus.across --history data/recorded/history.parquet \\
      --sglang data/recorded/sglang_history.parquet --out results/tables/corpus
"""
# The tables written, by their names.
TABLES = (RUNTIMES, REJECTED, ACROSS, ARRIVALS, ARRIVAL_RATES)


def across(args: argparse.Namespace) -> None:
    """Read both histories; write a table each of TABLES."""
    vllm, sglang = read_table(args.history, HISTORY), read_table(args.sglang, RUNTIME_HISTORY)
    rows = configs(vllm, sglang)
    arrivals = make_arrivals(rows)
    made = {
        RUNTIMES.name: make_runtimes(rows, vllm, sglang),
        REJECTED.name: make_rejected(vllm, sglang),
        ACROSS.name: make_across(rows),
        ARRIVALS.name: arrivals,
        ARRIVAL_RATES.name: arrival_rates(arrivals),
    }
    for table in TABLES:
        write_table(args.out / f"{table.name}.parquet", made[table.name], table)
    LOG.info(
        "%d pairs across runtimes; %d keys in both", len(made[ACROSS.name]), len(arrivals)
    )  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Command line of this step."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--history", type=Path, required=True, help="vLLM's, written by mining")
    parser.add_argument("--sglang", type=Path, required=True, help="SGLang's, written by mining")
    parser.add_argument("--out", type=Path, required=True, help="folder of the tables to write")
    args = parser.parse_args(argv)
    return run_main(lambda: across(args))


if __name__ == "__main__":
    sys.exit(main())
