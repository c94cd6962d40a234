"""Tables of `vllm bench serve` over HTTP: its runs, and what a config does to each of its fields.

Configs of a model meet within each server, so that a ratio is taken there; servers are the clusters
of its interval.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.command_line import parser
from scripts.lib.log import run_main
from scripts.lib.schemas.serving import BENCH_RATIOS, ENGINE_BENCH
from scripts.lib.tables import write_table
from scripts.serving.engine import HELD, OK
from scripts.serving.journal import Engine, read_engine
from scripts.serving.student import interval

# Ratios are taken of these; the others are reported.
FIELDS = (
    "output_throughput", "median_ttft_ms", "p99_ttft_ms", "median_tpot_ms", "p99_tpot_ms",
    "median_itl_ms", "p99_itl_ms", "median_e2el_ms",
)  # fmt: skip
LEAST_BOOTS = 3  # of which an interval over boots is told
EXAMPLE = """
  python -m scripts.serving.bench --journals data/recorded/engine/*/*.jsonl.xz \\
    --out engine_bench.parquet --out-ratios bench_ratios.parquet
"""
Row = dict[str, Any]


def runs(engine: Engine) -> Iterator[Row]:
    """ENGINE_BENCH of one journal."""
    for body in engine.of("bench"):
        plan, found = engine.plan["bench"], body["result"] if body["outcome"] == OK else {}
        read = body.get("read")
        yield {
            "device": engine.device, "model": body["model"], "layers": plan["model"]["layers"],
            "recording": engine.recording, "boot": body["boot"], "config": body["config"],
            "round": body["round"], "outcome": body["outcome"], "reason": body["reason"],
            "requests": found.get("completed"), "concurrency": plan["load"]["concurrency"],
            "file": None if read is None else Path((read or [""])[0]).name,
            **{name: found.get(name) for name in ENGINE_BENCH.names if name in found},
        }  # fmt: skip


def ratios(bench: pd.DataFrame) -> Iterator[Row]:
    """BENCH_RATIOS of ENGINE_BENCH; pairs that no server holds have no row."""
    fine = bench[bench["outcome"] == OK]
    for (device, model), some in fine.groupby(["device", "model"], sort=True):
        for config, base in HELD:
            for field in FIELDS:
                row = _held(some, config, base, field)
                if row is not None:
                    yield {"device": device, "model": model, **row}


def _held(some: pd.DataFrame, config: str, base: str, field: str) -> Row | None:
    by_boot = some.groupby(["config", "recording", "boot"])[field]
    logs = np.log(by_boot.mean())
    if config not in logs.index or base not in logs.index:
        return None
    apart = (logs.loc[config] - logs.loc[base]).dropna()
    if apart.empty:
        return None
    ratio, low, high = interval(list(apart))
    if len(apart) < LEAST_BOOTS:
        low = high = float("nan")
    again = (by_boot.max() / by_boot.min()).loc[base].loc[apart.index]
    count = some[some["config"].isin([config, base])].groupby("config").size().min()
    return {
        "config": config, "base": base, "field": field, "boots": len(apart), "rounds": int(count),
        "ratio": ratio, "low": low, "high": high, "least": float(np.exp(apart.min())),
        "largest": float(np.exp(apart.max())), "again": float(again.max() - 1),
    }  # fmt: skip


def tables(engines: Sequence[Engine]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """ENGINE_BENCH and BENCH_RATIOS of some journals."""
    rows = [row for engine in engines for row in runs(engine)]
    bench = pd.DataFrame(rows, columns=ENGINE_BENCH.names)
    keys = ["device", "model", "recording", "boot", "round"]
    bench = bench.sort_values(keys, ignore_index=True)
    return bench, pd.DataFrame(list(ratios(bench)), columns=BENCH_RATIOS.names)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser(__doc__, EXAMPLE)
    made.add_argument("--journals", type=Path, nargs="*", default=[], help="of the engine")
    made.add_argument("--out", type=Path, required=True, help="ENGINE_BENCH table to write")
    made.add_argument("--out-ratios", type=Path, required=True, help="BENCH_RATIOS table to write")
    return made


def main(argv: list[str] | None = None) -> int:
    """Read the journals, write the tables."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        bench, held = tables([read_engine(path) for path in args.journals])
        write_table(args.out, bench, ENGINE_BENCH)
        write_table(args.out_ratios, held, BENCH_RATIOS)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
