"""Rank a GPU's legal configs for one cell by predicted latency, and name the first."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.sim import PREDICTIONS
from scripts.lib.schemas.space import SPACE
from scripts.lib.shape import Cell, parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.sim import facts as compiler
from scripts.sim.confidence import Confidence, confidence
from scripts.sim.options import MODEL, SPACES, add_json, command, say
from scripts.sim.picks import pick_score
from scripts.sim.predict import predict
from scripts.sim.simulator import Simulator, load

EXAMPLE = """example:
  graphx-sim rank --cell NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64 --top 8
"""


def rank(
    cell: Cell, space: pd.DataFrame, facts: pd.DataFrame, simulator: Simulator, top: int
) -> pd.DataFrame:
    """PREDICTIONS rows of the first ``top`` legal configs to try (scripts.sim.picks)."""
    fits = (space["device"] == cell.device) & (space["scheme"] == cell.shape.scheme)
    legal = space.loc[fits & space["legal"], ["config_id"]].assign(cell_id=cell.id)
    if legal.empty:
        raise InputError(f"{cell.id}: the space holds no legal config of this GPU and scheme")
    predicted = predict(legal, facts, simulator)
    us = predicted["predicted_us"].to_numpy()
    score = pick_score(predicted["cell_id"], predicted["config_id"], us)
    ordered = predicted.assign(score=score).sort_values(["score", "config_id"], ignore_index=True)
    return ordered.drop(columns="score").head(top)


def run(args: argparse.Namespace) -> None:
    """Read, rank, write or print."""
    if args.top < 1:
        raise InputError(f"--top {args.top}: name 1 config or more")
    cell = _cell(args.cell)
    path = args.space or SPACES / f"{cell.device}-{cell.shape.scheme}.parquet"
    space = read_table(path, SPACE)
    simulator = load(args.model)
    ranked = rank(cell, space, compiler.read_facts([path]), simulator, args.top)
    if args.out:
        write_table(args.out, ranked, PREDICTIONS)
    trust = confidence(cell.device, cell.shape.scheme, simulator)
    say(args, _record(cell, trust, ranked))
    if args.out or args.json:
        return
    print(f"{trust.level}: {trust.reason}")
    for place, row in enumerate(ranked.itertuples(), start=1):
        print(f"{place:4d}  {row.predicted_us:12.2f} us  {row.limit:8s}  {row.config_id}")


def _record(cell: Cell, trust: Confidence, ranked: pd.DataFrame) -> dict[str, Any]:
    rows = ranked[["config_id", "predicted_us", "limit"]].to_dict("records")
    about = {"level": trust.level.value, "reason": trust.reason, "error": trust.error}
    return {"cell": cell.id, "confidence": about, "configs": rows}


def _cell(text: str) -> Cell:
    try:
        cell = parse_cell(text)
    except ValueError as error:
        raise InputError(f"--cell: {error}") from error
    return Cell(find_device(cell.device).name, cell.shape, cell.tokens)


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command("rank", __doc__, EXAMPLE)
    parser.add_argument("--cell", required=True, help="GPU/shape/tokens, as in the tables")
    parser.add_argument("--space", type=Path, help="SPACE table (default: of the cell's GPU)")
    parser.add_argument("--top", type=int, default=16, help="how many (default: 16)")
    parser.add_argument("--model", type=Path, default=MODEL, help="model file (default: current)")
    parser.add_argument("--out", type=Path, help="PREDICTIONS table to write (default: print)")
    add_json(parser)
    args = parser.parse_args(argv)
    return run_main(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
