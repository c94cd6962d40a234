"""The law: what a config does to the engine, predicted from what it does to the operator.

A decode step calls the MoE operator once a layer with as many tokens as requests are decoded, so
that it should change by the layers times the difference of the operator's latencies. Predicted from
the operator's recorded rounds that chose no row, and held against kernel times of the engine's
steps, each pair of configs at each batch size, those where nothing may differ included.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.command_line import parser
from scripts.lib.judging.medians import median_intervals
from scripts.lib.log import run_main
from scripts.lib.runtimes.default_config import SCHEMES, default_config
from scripts.lib.schemas.measured import CELLS, FINALS
from scripts.lib.schemas.serving import ENGINE_RATIOS, LAW
from scripts.lib.shape import Cell, parse_shape
from scripts.lib.tables import read_table, write_table
from scripts.runtime.op_rows import committed_of, judging
from scripts.serving.engine import COMMITTED, DEFAULT
from scripts.serving.journal import Engine, read_engine

WITHIN = 0.01  # a percentage point of a step
EXAMPLE = """
  python -m scripts.serving.law --ratios results/tables/serving/engine_ratios.parquet \\
    --journals data/recorded/engine/*/run.jsonl.xz \\
    --op data/recorded/measured/nvidia_h200-op --out law.parquet
"""
Row = dict[str, Any]


class Operator:
    """The operator's record: its rounds and committed configs by cell."""

    def __init__(self, cells: pd.DataFrame, finals: pd.DataFrame) -> None:
        self._committed = committed_of(cells)
        self._finals = {str(cell): rows for cell, rows in finals.groupby("cell_id")}

    def config(self, cell: Cell, name: str, rows: Mapping[str, str]) -> str | None:
        """The id of a config of the study at a cell; None where it has none."""
        if name == COMMITTED:
            return self._committed.get(cell.id)
        if name == DEFAULT:
            scheme = cell.shape.scheme
            return default_config(cell.shape, cell.tokens).id if scheme in SCHEMES else None
        return rows.get(str(cell.tokens))

    def difference(self, cell: Cell, config: str, base: str) -> tuple[float, float, float] | None:
        """Operator under config minus under base, us: median over rounds and its interval.

        None where the record does not hold both. Of one config with itself: nothing.
        """
        if config == base:
            return 0.0, 0.0, 0.0
        if cell.id not in self._finals:
            return None
        by_round = judging(self._finals[cell.id])
        if config not in by_round or base not in by_round:
            return None
        values = (by_round[config] - by_round[base]).to_numpy()
        median, low, high = median_intervals(values[:, None])[0]
        return float(median), float(low), float(high)


def law(ratios: pd.DataFrame, rows: Mapping[str, Mapping[str, str]], op: Operator) -> pd.DataFrame:
    """LAW of ENGINE_RATIOS. ``rows``: by model the ids of our rows by batch size."""
    found = list(_rows(ratios, rows, op))
    frame = pd.DataFrame(found, columns=LAW.names)
    keys = ["device", "model", "batch", "config", "base"]
    return frame.sort_values(keys, ignore_index=True)


def _rows(
    ratios: pd.DataFrame, rows: Mapping[str, Mapping[str, str]], op: Operator
) -> Iterator[Row]:
    for one in ratios.to_dict("records"):
        cell = Cell(one["device"], parse_shape(one["shape"]), int(one["batch"]))
        names = [op.config(cell, one[key], rows[one["model"]]) for key in ("config", "base")]
        if None in names:
            continue
        difference = op.difference(cell, str(names[0]), str(names[1]))
        if difference is None:
            continue
        predicted, low, high = (
            1 + one["moe_layers"] * us / one["base_gpu_us"] for us in difference
        )
        apart = predicted - one["gpu_ratio"]
        kept = {key: one[key] for key in ("device", "model", "shape", "moe_layers", "batch",
                                          "config", "base")}  # fmt: skip
        yield {
            **kept, "same": names[0] == names[1],
            "predicted": predicted, "predicted_low": low, "predicted_high": high,
            "measured": one["gpu_ratio"], "low": one["gpu_low"], "high": one["gpu_high"],
            "apart": apart, "within": bool(abs(apart) <= WITHIN), "wall": one["ratio"],
        }  # fmt: skip


def rows_by_model(engines: Sequence[Engine]) -> dict[str, dict[str, str]]:
    """Ids of our rows by batch size, by model."""
    return {
        one["name"]: {str(k): str(v) for k, v in one["rows"].items()}
        for engine in engines
        for one in engine.plan["models"]
    }


def read_operator(folders: Sequence[Path]) -> Operator:
    """The record of the operator in some folders, uniform routing alone."""
    cells = [read_table(folder / "cells.parquet", CELLS) for folder in folders]
    kept = [frame[frame["routing"] == "uniform"] for frame in cells]
    finals = [
        rows[rows["cell_id"].isin(own["cell_id"])]
        for folder, own in zip(folders, kept, strict=True)
        for rows in [read_table(folder / "finals.parquet", FINALS)]
    ]
    return Operator(pd.concat(kept), pd.concat(finals))


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser(__doc__, EXAMPLE)
    made.add_argument("--ratios", type=Path, required=True, help="ENGINE_RATIOS table")
    made.add_argument("--journals", type=Path, nargs="*", default=[], help="of the engine")
    made.add_argument("--op", type=Path, nargs="+", required=True, help="the operator's recordings")
    made.add_argument("--out", type=Path, required=True, help="LAW table to write")
    return made


def main(argv: list[str] | None = None) -> int:
    """Read ratios, journals and the operator's record, predict, write."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        ratios = read_table(args.ratios, ENGINE_RATIOS)
        rows = rows_by_model([read_engine(path) for path in args.journals])
        write_table(args.out, law(ratios, rows, read_operator(args.op)), LAW)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
