"""Stamp a plan with what the model expects of each trial, before any of them is measured."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import pandas as pd

from scripts.lib.log import run_main
from scripts.lib.schemas.plan import PLAN
from scripts.lib.tables import read_table, write_table
from scripts.sim.options import add_json, add_model, command, read_model, say
from scripts.sim.questions import ask
from scripts.sim.simulator import Simulator

LOG = logging.getLogger("sim.stamp")

EXAMPLE = """example:
  python -m scripts.sim.stamp --plan build/live/plan.parquet --out build/live/stamped.parquet
"""


def stamp(plan: pd.DataFrame, facts: pd.DataFrame, simulator: Simulator) -> pd.DataFrame:
    """The PLAN with predicted_us and model_version of every row filled in."""
    asked = ask(plan["cell_id"], plan["config_id"], facts)
    return plan.assign(
        predicted_us=simulator.predict_us(asked).round(6), model_version=simulator.version
    )


def run(args: argparse.Namespace) -> None:
    """Read, stamp, write."""
    simulator, facts = read_model(args)
    plan = read_table(args.plan, PLAN)
    write_table(args.out, stamp(plan, facts, simulator), PLAN)
    LOG.info("%s: %d trials stamped by model %s", args.out, len(plan), simulator.version)
    done = {"out": args.out.as_posix(), "trials": len(plan), "model_version": simulator.version}
    say(args, done)


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command("stamp", __doc__, EXAMPLE)
    parser.add_argument("--plan", type=Path, required=True, help="PLAN table")
    parser.add_argument("--out", type=Path, required=True, help="stamped PLAN table to write")
    add_model(parser)
    add_json(parser)
    args = parser.parse_args(argv)
    return run_main(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
