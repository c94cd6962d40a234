"""Fit graphx-sim's model to recorded trials and write it down."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from scripts.lib import command_line
from scripts.lib.files import sha256
from scripts.lib.log import run_main
from scripts.lib.schemas.sim import SIM_ERRORS
from scripts.lib.tables import read_table
from scripts.sim import facts as compiler
from scripts.sim.gates import Gates
from scripts.sim.recorded import read_measured
from scripts.sim.train import train

LOG = logging.getLogger("sim.fit")
FIRST = "v1"

EXAMPLE = """example:
  python -m scripts.sim.fit --trials data/recorded/measured/nvidia_h200-bf16/trials.parquet \\
    --space results/tables/space/NVIDIA_H200-bf16.parquet --seed 1 --out results/sim/model.json
"""


def fit(trials: list[Path], spaces: list[Path], errors: Path | None, seed: int, out: Path) -> None:
    """Train on all trials and write version v1, with what it rests on as evidence.

    ``errors``: SIM_ERRORS of models fitted likewise, by which its predictions are to be trusted.
    """
    measured = read_measured(trials)
    evidence: dict[str, Any] = {
        "cells": measured["cell_id"].nunique(),
        "trials": len(measured),
        "data": {path.parent.name: sha256(path) for path in trials},
        "gates": Gates.read().hash,
    }
    if errors:
        rows = read_table(errors, SIM_ERRORS).astype(object)
        kept = rows.where(rows.notna(), None).to_dict("records")
        evidence |= {"errors": kept, "errors_of": FIRST}
    simulator = train(measured, compiler.read_facts(spaces), seed, FIRST, **evidence)
    simulator.save(out)
    LOG.info("%s: %s from %d trials", out, simulator.version, len(measured))


def main(argv: list[str] | None = None) -> int:
    """Parse, fit, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--trials", type=Path, nargs="+", required=True, help="TRIALS tables")
    parser.add_argument("--space", type=Path, nargs="*", default=[], help="SPACE tables: facts")
    parser.add_argument("--errors", type=Path, help="SIM_ERRORS table: how far predictions are off")
    parser.add_argument("--seed", type=int, required=True, help="of sampling and training")
    parser.add_argument("--out", type=Path, required=True, help="model to write, JSON")
    args = parser.parse_args(argv)
    return run_main(lambda: fit(args.trials, args.space, args.errors, args.seed, args.out))


if __name__ == "__main__":
    sys.exit(main())
