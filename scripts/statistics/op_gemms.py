"""The operator's two GEMMs alone, on pairs whose verdicts were looked into kernel by kernel.

Of OP_PAIRS, those of which scripts.runtime.kernel_times timed both configs: the ratio of the sum of
both GEMMs, the operator's and graphx's, beside the ratios by which the verdicts fell. If the
operator's GEMMs agree with the whole operator, it is not what stands around them that tells the two
apart. Without such a recording the table is empty.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.agreement import OP_GEMMS, OP_PAIRS
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import round_10

LOG = logging.getLogger("statistics.op_gemms")
SCOPES, WEIGHTS = ("op", "two_gemm"), ("cold", "warm")
EXAMPLE = (
    "python -m scripts.statistics.op_gemms --pairs results/tables/statistics/op_pairs.parquet"
    " --times data/recorded/kernel_times/nvidia_h200.jsonl --out op_gemms.parquet"
)
Key = tuple[str, str, str, str]  # cell, config, scope, weights


def read(paths: Iterable[Path]) -> dict[Key, Mapping[str, Any]]:
    """Lines of scripts.runtime.kernel_times whose GEMMs are known. InputError for other lines."""
    found: dict[Key, Mapping[str, Any]] = {}
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                row = json.loads(line)
                key = row["cell_id"], row["config_id"], row["scope"], row["weights"]
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    f"{path}:{number}: is no line of scripts.runtime.kernel_times ({error})"
                ) from None
            if row.get("up_us") is not None:
                found.setdefault(key, row)
    return found


def gemms(pairs: pd.DataFrame, times: Mapping[Key, Mapping[str, Any]]) -> pd.DataFrame:
    """OP_GEMMS of the pairs (OP_PAIRS, uniform routing) of which something was timed."""
    names = ["cell_id", "config_id", "device", "scheme", "tokens", "committed_id", "ratio",
             "verdict", "op_ratio", "op_verdict", "blocks"]  # fmt: skip
    rows = []
    for pair in map(dict, pairs.loc[pairs["routing"] == "uniform", names].to_dict("records")):
        timed = {
            f"{scope}_{weights}": _ratio(pair, scope, weights, times)
            for scope in SCOPES
            for weights in WEIGHTS
        }
        mine = times.get((pair["cell_id"], pair["config_id"], "op", "cold"), {})
        if any(value is not None for value in timed.values()):
            rows.append(pair | timed | {"rest_us": mine.get("rest_us"), "op_us": mine.get("us")})
    return pd.DataFrame(rows, columns=OP_GEMMS.names)


def _ratio(
    pair: Mapping[Any, Any], scope: str, weights: str, times: Mapping[Key, Mapping[str, Any]]
) -> float | None:
    cell, both = pair["cell_id"], (pair["config_id"], pair["committed_id"])
    rows = [times.get((cell, config, scope, weights)) for config in both]
    sums = [row["up_us"] + row["down_us"] for row in rows if row is not None]
    return round_10(sums[0] / sums[1]) if len(sums) == len(both) else None


def main(argv: list[str] | None = None) -> int:
    """Parse, read, join, write."""
    parser = options.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--pairs", type=Path, required=True, help="OP_PAIRS table")
    add("--times", type=Path, nargs="*", default=[], help="files of scripts.runtime.kernel_times")
    add("--out", type=Path, required=True, help="OP_GEMMS table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        found = gemms(read_table(args.pairs, OP_PAIRS), read(args.times))
        write_table(args.out, found, OP_GEMMS)
        LOG.info("%s: %d pairs", args.out, len(found))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
