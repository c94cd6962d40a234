"""The law: what a config does to the engine, predicted from what it does to the operator.

A decode step calls the MoE operator once a layer with as many tokens as requests are decoded, so
that it should change by the layers times the difference of the operator's latencies. Predicted from
the operator timed alone, in a process of its own, and held against kernel times of the engine's
steps, each pair of configs at each batch size, those where nothing may differ included. Where the
engine routed by draws that its plan fixes, the operator was timed on the same ones; where it routed
at random, the operator's record predicts, by its rounds that chose no row.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from scripts.lib.command_line import parser
from scripts.lib.judging.medians import median_intervals
from scripts.lib.log import run_main
from scripts.lib.schemas.engine import ENGINE_RATIOS
from scripts.lib.schemas.serving import LAW, WITHIN
from scripts.lib.shape import Cell, parse_shape
from scripts.lib.tables import read_table, write_table
from scripts.runtime.op_rows import judging, read_uniform
from scripts.serving.engine import OK, UNIFORM, launched_by
from scripts.serving.journal import Engine, read_engine

DRAWN = "drawn"  # routing by draws that the plan fixes
EXAMPLE = """
  python -m scripts.serving.law --ratios results/tables/serving/engine_ratios.parquet \\
    --journals data/recorded/engine/*/run.jsonl.xz \\
    --op data/recorded/measured/nvidia_h200-op --out law.parquet
"""
Row = dict[str, Any]
Difference = tuple[float, float, float]
Launched = Mapping[tuple[str, str, int], str]


class Predicts(Protocol):
    """The operator alone."""

    def difference(self, cell: Cell, config: str, base: str) -> Difference | None:
        """See ``Operator``."""


class Operator:
    """The operator's record: FINALS of its recordings, the first that holds a pair speaks."""

    def __init__(self, recordings: Sequence[pd.DataFrame]) -> None:
        self._finals = [
            {str(cell): rows for cell, rows in finals.groupby("cell_id")} for finals in recordings
        ]

    def difference(self, cell: Cell, config: str, base: str) -> Difference | None:
        """Operator under config minus under base, us: median over rounds and its interval.

        None where the record does not hold both. Of one config with itself: nothing.
        """
        for finals in self._finals:
            by_round = judging(finals[cell.id]) if cell.id in finals else pd.DataFrame()
            found = _difference(by_round, config, base)
            if found is not None:
                return found
        return None


class Drawn:
    """The operator on the engine's draws: results of scripts.runtime.drawn_op."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._rounds: dict[tuple[str, int], pd.DataFrame] = {}
        for engine in engines:
            for body in engine.of("op"):
                if body["outcome"] == OK:
                    key = str(engine.model(body["model"])["shape"]), int(body["batch"])
                    found = body["result"]
                    self._rounds[key] = pd.DataFrame(found["us"], columns=found["configs"])

    def difference(self, cell: Cell, config: str, base: str) -> Difference | None:
        """As ``Operator.difference``."""
        rounds = self._rounds.get((cell.shape.id, cell.tokens), pd.DataFrame())
        return _difference(rounds, config, base)


def _difference(by_round: pd.DataFrame, config: str, base: str) -> Difference | None:
    """Median over rounds of config minus base, us, and its interval; None if one is not there."""
    if config == base:
        return 0.0, 0.0, 0.0
    if config not in by_round or base not in by_round:
        return None
    values = (by_round[config] - by_round[base]).dropna().to_numpy()
    if not len(values):
        return None
    median, low, high = median_intervals(values[:, None])[0]
    return float(median), float(low), float(high)


def law(ratios: pd.DataFrame, launched: Launched, op: Mapping[str, Predicts]) -> pd.DataFrame:
    """LAW of ENGINE_RATIOS. ``launched``: see ``launched_in``; ``op``: by routing."""
    found = list(_rows(ratios, launched, op))
    frame = pd.DataFrame(found, columns=LAW.names)
    keys = ["device", "routing", "model", "batch", "config", "base"]
    return frame.sort_values(keys, ignore_index=True)


def _rows(ratios: pd.DataFrame, launched: Launched, op: Mapping[str, Predicts]) -> Iterator[Row]:
    for one in ratios.to_dict("records"):
        cell = Cell(one["device"], parse_shape(one["shape"]), int(one["batch"]))
        names = [launched.get((one["model"], one[key], cell.tokens)) for key in ("config", "base")]
        if None in names or one["routing"] not in op:
            continue
        difference = op[one["routing"]].difference(cell, str(names[0]), str(names[1]))
        if difference is None:
            continue
        predicted, low, high = (
            1 + one["moe_layers"] * us / one["base_gpu_us"] for us in difference
        )
        apart = predicted - one["gpu_ratio"]
        kept = {key: one[key] for key in ("device", "model", "shape", "moe_layers", "batch",
                                          "routing", "config", "base")}  # fmt: skip
        yield {
            **kept, "same": names[0] == names[1],
            "predicted": predicted, "predicted_low": low, "predicted_high": high,
            "measured": one["gpu_ratio"], "low": one["gpu_low"], "high": one["gpu_high"],
            "apart": apart, "within": bool(abs(apart) <= WITHIN),
            "open": bool(abs(apart) > WITHIN and one["gpu_low"] <= high and low <= one["gpu_high"]),
            "wall": one["ratio"],
        }  # fmt: skip


def launched_in(engines: Sequence[Engine]) -> dict[tuple[str, str, int], str]:
    """By model, config of the study and tokens of an MoE call the id of what the engine launched.

    What it looked up itself, not what was meant: vLLM's own file of a release may be an older one.
    """
    return {
        (str(body["model"]), str(body["config"]), int(tokens)): config
        for engine in engines
        for body in engine.of("configs")
        for tokens, config in launched_by(body["result"].get("looked_up") or {}).items()
    }


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
        engines = [read_engine(path) for path in args.journals]
        recorded = Operator([finals for _, finals in read_uniform(args.op)])
        op: dict[str, Predicts] = {UNIFORM: recorded, DRAWN: Drawn(engines)}
        write_table(args.out, law(ratios, launched_in(engines), op), LAW)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
