"""Pair what was predicted of each trial, before it was made, with what was measured.

One JSON line a trial, failures included: cell, config, predicted_us and model_version (null where
the plan bore no stamp), measured_us (freed of drift; null unless correct), outcome, run.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.drift import drift_corrected_us
from scripts.lib.files import InputError, unreadable, write_text
from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.tables import read_table
from scripts.sim.options import add_json, command, say
from scripts.sim.recorded import described

LOG = logging.getLogger("sim.flywheel")
_READ = [
    "cell_id", "config_id", "run_id", "order", "outcome", "median_us", "anchor_us",
    "predicted_us", "model_version",
]  # fmt: skip
KEYS = ("cell", "config", "predicted_us", "model_version", "measured_us", "outcome", "run")

EXAMPLE = """example:
  graphx-sim flywheel --trials data/recorded/measured/nvidia_h200-bf16/trials.parquet \\
    --out build/flywheel.jsonl
"""


def lines_of(trials: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """A flywheel line for each TRIALS row, cell by cell in the order they were made."""
    correct = trials["outcome"] == Outcome.CORRECT
    ordered = trials.assign(measured_us=drift_corrected_us(trials).where(correct).round(6))
    ordered = ordered.sort_values(["cell_id", "order"])
    names = {"cell_id": "cell", "config_id": "config", "run_id": "run"}
    plain = ordered.rename(columns=names)[list(KEYS)].astype(object)
    for values in plain.where(plain.notna(), None).itertuples(index=False, name=None):
        yield dict(zip(KEYS, values, strict=True))


def read_flywheel(paths: Iterable[Path]) -> pd.DataFrame:
    """Correct trials of flywheels with the columns of ``read_measured``; later lines win.

    A flywheel grows by runs, so a config measured again in a later line replaces the earlier one.
    InputError names a line that is none.
    """
    rows = [row for path in paths for row in _rows(path)]
    frame = pd.DataFrame(rows, columns=["cell_id", "config_id", "us"])
    if frame.empty:
        raise InputError("the flywheel holds no correct trial; nothing can be learned from it")
    return described(frame.drop_duplicates(["cell_id", "config_id"], keep="last"))


def _rows(path: Path) -> Iterator[tuple[str, str, float]]:
    try:
        with path.open(encoding="utf-8") as handle:
            for number, text in enumerate(handle, start=1):
                line = _line(path, number, text)
                if line["outcome"] == Outcome.CORRECT:
                    yield line["cell"], line["config"], float(line["measured_us"])
    except FileNotFoundError as error:
        raise InputError(f"{path}: not found; `graphx-sim flywheel` writes one") from error
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not text in UTF-8 ({error})") from error


def _line(path: Path, number: int, text: str) -> dict[str, Any]:
    try:
        line: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{number}: not a JSON line ({error})") from error
    if not isinstance(line, dict) or set(line) != set(KEYS):
        raise InputError(f"{path}:{number}: expected the keys {', '.join(KEYS)}")
    return line


def run(args: argparse.Namespace) -> None:
    """Read, pair, write."""
    lines = [
        json.dumps(line, sort_keys=True)
        for path in args.trials
        for line in lines_of(read_table(path, TRIALS, columns=_READ))
    ]
    write_text(args.out, "\n".join([*lines, ""]))
    LOG.info("%s: %d trials", args.out, len(lines))
    say(args, {"out": args.out.as_posix(), "trials": len(lines)})


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command("flywheel", __doc__, EXAMPLE)
    parser.add_argument("--trials", type=Path, nargs="+", required=True, help="TRIALS tables")
    parser.add_argument("--out", type=Path, required=True, help="flywheel to write, JSON lines")
    add_json(parser)
    args = parser.parse_args(argv)
    return run_main(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
