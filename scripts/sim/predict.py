"""Predict the latency of many configs at once: a table of (cell_id, config_id) in, times out."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.legality import Legality
from scripts.lib.log import run_main
from scripts.lib.schemas.sim import PREDICTIONS, QUESTIONS
from scripts.lib.tables import read_table, write_table
from scripts.sim.confidence import confidence
from scripts.sim.launch import as_columns, judge_rows
from scripts.sim.options import add_json, add_model, command, read_model, say
from scripts.sim.parts import LIMITS, limits
from scripts.sim.questions import ask
from scripts.sim.simulator import Simulator, analytical_us, time_layer

LOG = logging.getLogger("sim.predict")

EXAMPLE = """example:
  graphx-sim predict --table questions.parquet --out predictions.parquet
"""


def predict(asked: pd.DataFrame, facts: pd.DataFrame, simulator: Simulator) -> pd.DataFrame:
    """PREDICTIONS rows for QUESTIONS rows. InputError names an id that cannot be read."""
    numbers = ask(asked["cell_id"], asked["config_id"], facts)
    parts = time_layer(numbers, simulator.parameters)
    plain = analytical_us(parts)
    frame = asked[["cell_id", "config_id"]].reset_index(drop=True)
    judged = judge_rows(frame["cell_id"].tolist(), frame["config_id"].tolist(), numbers)
    # What cannot launch has no latency.
    launches = np.array([one.legal for one in judged], dtype=bool)
    plain = np.where(launches, plain, np.nan)
    return frame.assign(
        predicted_us=np.round(plain * simulator.correction(numbers, parts), 6),
        analytical_us=np.round(plain, 6),
        **as_columns(judged),
        limit=np.array(LIMITS)[limits(parts)],
        compiled=numbers["known"].to_numpy() > 0,
        **_trust(frame["cell_id"], simulator),
        model_version=simulator.version,
    )


def _trust(cells: pd.Series, simulator: Simulator) -> dict[str, pd.Series]:
    # Cells are many, GPUs and number formats few.
    classes = {name: _class_of(name) for name in cells.unique()}
    of_class = {one: confidence(*one, simulator) for one in dict.fromkeys(classes.values())}
    found = {name: of_class[one] for name, one in classes.items()}
    return {
        "confidence": cells.map({name: one.level.value for name, one in found.items()}),
        "error": cells.map({name: one.error for name, one in found.items()}).astype(float),
    }


def _class_of(cell: str) -> tuple[str, str]:
    """GPU and number format."""
    device, shape, _ = cell.split("/")
    return device, shape.rsplit("-", 1)[1]


def run(args: argparse.Namespace) -> None:
    """Read, predict, write."""
    simulator, facts = read_model(args)
    asked = read_table(args.table, QUESTIONS)
    frame = predict(asked, facts, simulator)
    write_table(args.out, frame, PREDICTIONS)
    illegal = int((frame["legality"] == Legality.ILLEGAL).sum())
    LOG.info(
        "%s: %d predictions by model %s; %d of %d configs cannot launch and have no latency",
        args.out, len(frame) - illegal, simulator.version, illegal, len(frame),
    )  # fmt: skip
    counts = {"predictions": len(frame) - illegal, "illegal": illegal}
    say(args, {"out": args.out.as_posix(), "model_version": simulator.version, **counts})


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command("predict", __doc__, EXAMPLE)
    parser.add_argument("--table", type=Path, required=True, help="QUESTIONS: cell_id, config_id")
    parser.add_argument("--out", type=Path, required=True, help="PREDICTIONS table to write")
    add_model(parser)
    add_json(parser)
    args = parser.parse_args(argv)
    return run_main(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
