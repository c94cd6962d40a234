"""How long the target's config file came after the source's, for every ordered device pair.

Two dates speak for a file: its most recent commit and its first. A later touch of a file is not
its arrival, so both gaps are reported.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from scripts.lib.log import run_main
from scripts.lib.schemas.corpus import TRIPLES
from scripts.lib.schemas.statistics import GAPS
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import Plan, estimate_means, round_estimates
from scripts.statistics.stacked import stacked

METRICS = ["gap_days_last", "gap_days_first"]
EXAMPLE = (
    "python -m scripts.statistics.gaps --triples results/tables/corpus/triples.parquet"
    " --out results/tables/statistics/gaps.parquet"
)


def estimate_gaps(triples: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Mean gaps in days with intervals, by triple and by file pair; schema ``GAPS``."""
    parts = [
        _one_pair(str(source), str(target), rows, plan)
        for (source, target), rows in triples.groupby(["source", "target"], sort=True)
    ]
    return stacked(parts, GAPS.names)


def _one_pair(source: str, target: str, rows: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    # The order of rows must not matter to the resamples.
    rows = rows.sort_values(["source_file", "target_file", "batch"])
    files = (rows["source_file"] + " -> " + rows["target_file"]).to_numpy()
    values = rows[METRICS].to_numpy(dtype=float)
    estimates = round_estimates(estimate_means(values, files, plan, f"{source}->{target}"))
    return estimates.assign(
        source=source,
        target=target,
        file_pairs=len(set(files)),
        triples=len(rows),
        metric=METRICS,
    )[GAPS.names]


def main(argv: list[str] | None = None) -> int:
    """Read the triples, estimate the gaps, write the table."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--triples", type=Path, required=True, help="triples of the corpus")
    parser.add_argument("--out", type=Path, required=True, help="table of gaps")
    options.add_plan(parser)
    arguments = parser.parse_args(argv)

    def body() -> None:
        triples = read_table(arguments.triples, TRIPLES)
        write_table(arguments.out, estimate_gaps(triples, options.plan(arguments)), GAPS)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
