"""Another runtime's operator, and vLLM's once more, against what was recorded of the same cells.

How often the verdict is vLLM's word and how often the two GEMMs', how the ratios correlate, and
what the row of a file would cost there if either had chosen it. The base of a cell is the committed
config, or the default one where there is none. Without such a recording the table is empty.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.files import read_json
from scripts.lib.log import run_main
from scripts.lib.runtimes.default_config import SCHEMES, default_config
from scripts.lib.schemas.agreement import OP_BESIDE
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.agreement import ALL, correlations, exported, rates
from scripts.statistics.bootstrap import Plan, round_10
from scripts.statistics.op_exports import exports
from scripts.statistics.op_pairs import Recorded, pairs

LOG = logging.getLogger("statistics.op_beside")
OPERATOR, TWO_GEMM = "operator", "two_gemm"
METRICS = ("same_word", "flips", "kept_order", "part", "correlation", "rank_correlation")
# Metrics of op_exports in the words of this table: what chose, here the verdict held against.
_EXPORTED = {"two_gemm": "chosen", "op": "own"}
Row = dict[str, Any]
EXAMPLE = (
    "python -m scripts.statistics.op_beside --beside data/recorded/measured/nvidia_h200-op-sglang"
    " --op data/recorded/measured/nvidia_h200-op --own data/recorded/measured/nvidia_h200-study"
    " --margin 0.01 --out results/tables/statistics/op_beside.parquet"
)


def measured(runs: Sequence[Mapping[str, Any]]) -> str:
    """Whose operator, with its version: SGLang's release stands in the command."""
    named = re.search(r"--sglang (\S+)", str(runs[0]["command"]))
    return f"SGLang {named[1]}" if named else f"vLLM {runs[0]['packages']['vllm']}"


def bases(cells: pd.DataFrame) -> dict[str, str]:
    """By cell (CELLS) the config that others are held against: committed, else default."""
    found = {}
    for cell_id, committed in zip(cells["cell_id"], cells["committed_id"], strict=True):
        cell = parse_cell(str(cell_id))
        if isinstance(committed, str):
            found[cell.id] = committed
        elif cell.shape.scheme in SCHEMES:
            found[cell.id] = default_config(cell.shape, cell.tokens).id
    return found


def uniform(folders: Sequence[Path], level: float) -> list[Recorded]:
    """Finals of recordings of the operator under uniform routing and cold weights."""
    found = []
    for folder in folders:
        cells = read_table(folder / "cells.parquet", CELLS)
        if set(cells["routing"]) == {"uniform"} and set(cells["weights"]) == {"cold"}:
            finals = read_table(folder / "finals.parquet", FINALS)
            found.append(Recorded(folder.name, finals, level))
    return found


def beside(
    folder: Path, against: Mapping[str, Sequence[Recorded]], margin: float, plan: Plan
) -> Iterator[Row]:
    """OP_BESIDE rows of one recording."""
    cells = read_table(folder / "cells.parquet", CELLS)
    finals = read_table(folder / "finals.parquet", FINALS)
    checked = read_table(folder / "trials.parquet", TRIALS, ["cell_id", "logits_diff"])
    mine, base = Recorded(folder.name, finals, plan.level), bases(cells)
    (device,) = cells["device"].unique()
    about = {"dataset": folder.name, "device": device,
             "measured": measured(read_json(folder / "runs.json")["runs"])}  # fmt: skip
    rounds = mine.rounds(base)
    committed = dict(cells.dropna(subset="committed_id")[["cell_id", "committed_id"]].to_numpy())
    for name, theirs in against.items():
        found = pairs(mine, base, theirs, margin)
        shared = {cell_id: rounds[cell_id] for cell_id in found["cell_id"].unique()}
        rows = exports(shared, committed, found)
        for scheme in (ALL, *sorted(found["scheme"].unique())):
            one, out = (part if scheme == ALL else part[part["scheme"] == scheme]
                        for part in (found, rows))  # fmt: skip
            key = about | {"against": name, "scheme": scheme}
            seed = f"beside {folder.name} {name} {scheme}"
            yield from (key | row for row in _metrics(one, out, margin, plan, seed))
            if name == OPERATOR:
                yield key | _largest(checked, one["cell_id"].unique())


def _metrics(
    found: pd.DataFrame, rows: pd.DataFrame, margin: float, plan: Plan, seed: str
) -> Iterator[Row]:
    every = [*rates(found, plan, seed), *correlations(found, plan, seed)]
    yield from (row for row in every if row["metric"] in METRICS)
    for row in exported(rows, margin, plan, seed):
        judge, _, what = row["metric"].rpartition("_")
        if judge in _EXPORTED:
            yield row | {"metric": f"{_EXPORTED[judge]}_{what}"}


def _largest(trials: pd.DataFrame, cell_ids: Any) -> Row:
    known = trials[trials["cell_id"].isin(cell_ids)].dropna(subset="logits_diff")
    layers = {str(cell_id).rpartition("/M")[0] for cell_id in known["cell_id"]}
    return {"metric": "logits_diff", "value": known["logits_diff"].max(), "low": None,
            "high": None, "n": len(known), "files": len(layers)}  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Parse, read, compare, write."""
    parser = options.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--beside", type=Path, nargs="*", default=[], help="folders of the recordings")
    add("--op", type=Path, nargs="*", default=[], help="folders of recordings of vLLM's operator")
    add("--own", type=Path, nargs="+", required=True, help="folders of those of the two GEMMs")
    add("--margin", type=float, required=True, help="of a win or loss, as 0.01")
    add("--out", type=Path, required=True, help="OP_BESIDE table to write")
    options.add_plan(parser)
    args = parser.parse_args(argv)

    def body() -> None:
        plan, rows = options.plan(args), list[Row]()
        if args.beside:
            own = [Recorded(one.name, read_table(one / "finals.parquet", FINALS), plan.level)
                   for one in args.own]  # fmt: skip
            against = {OPERATOR: uniform(args.op, plan.level), TWO_GEMM: own}
            for folder in args.beside:
                rows += beside(folder, against, args.margin, plan)
        table = pd.DataFrame(rows, columns=OP_BESIDE.names)
        for column in ("value", "low", "high"):
            table[column] = table[column].astype(float).map(round_10)
        write_table(args.out, table, OP_BESIDE)
        LOG.info("%s: %d recordings", args.out, len(args.beside))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
