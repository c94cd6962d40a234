"""Train a candidate from the flywheel; it follows the current model only through two gates.

Promoted: FOLDER/model.json is the next version, with its evidence. Refused: FOLDER/decision.json
says why, no model is written, the current one stays, and the status is 3.
"""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.files import InputError, sha256, write_json
from scripts.lib.log import run_main
from scripts.sim.flywheel import read_flywheel
from scripts.sim.gates import MEASURES, SPEC, Gates, gate_one, gate_two
from scripts.sim.judge import Trial, judge
from scripts.sim.options import MODEL, add_json, command, read_spaces, say
from scripts.sim.simulator import Simulator, load

LOG = logging.getLogger("sim.retrain")
REFUSED = 3

EXAMPLE = """example:
  graphx-sim flywheel --trials data/recorded/measured/*/trials.parquet --out build/flywheel.jsonl
  graphx-sim retrain --flywheel build/flywheel.jsonl --out build/candidate
"""


def decide(current: Simulator, trial: Trial, gates: Gates) -> dict[str, Any]:
    """What becomes of a candidate: ``promoted`` and, gate by gate, the reasons against it."""
    reasons: dict[str, list[str]] = {"spec": [], "gate_one": [], "gate_two": []}
    known = current.evidence.get("gates")
    if known != gates.hash:
        reasons["spec"] = [f"the gates are not those that {current.version} was judged under"]
    reasons["gate_one"] = gate_one(trial.cells[~trial.cells["seen"]], gates)
    reasons["gate_two"] = gate_two(trial.cells, gates)
    return {
        "promoted": not any(reasons.values()),
        "current": current.version,
        "candidate": trial.candidate.version,
        "reasons": reasons,
        "gates": gates.hash,
        "metrics": _metrics(trial.cells, gates),
    }


def _metrics(cells: pd.DataFrame, gates: Gates) -> dict[str, Any]:
    """Means of both models over unseen shapes and over each class."""
    groups = {"unseen": cells[~cells["seen"]], **dict(list(cells.groupby(gates.classes(cells))))}
    return {
        str(name): {"cells": len(rows)}
        | {
            f"{measure}_{when}": round(float(rows[f"{measure}_{when}"].mean()), 6)
            for measure in MEASURES
            for when in ("before", "after")
        }
        for name, rows in groups.items()
        if len(rows)
    }


def next_version(version: str) -> str:
    """``v4`` after ``v3``. InputError if the version is no such word."""
    if not (version.startswith("v") and version[1:].isdigit()):
        raise InputError(f"model version {version!r} is not v1, v2, …; fit the model again")
    return f"v{int(version[1:]) + 1}"


def run(args: argparse.Namespace) -> bool:
    """Train, judge, write; whether the candidate was promoted."""
    current, gates = load(args.model), Gates.read(args.gates)
    measured = read_flywheel(args.flywheel)
    facts = read_spaces(args.space)
    trial = judge(current, measured, facts, args.seed, next_version(current.version))
    decision = decide(current, trial, gates)
    data = {path.name: sha256(path) for path in args.flywheel}
    write_json(args.out / "decision.json", decision | {"data": data, "seed": args.seed})
    if decision["promoted"]:
        evidence = (
            trial.candidate.evidence
            | current.measured
            | {
                "follows": current.version,
                "gates": gates.hash,
                "data": data,
                "metrics": decision["metrics"],
                "band": gates.spec["gate_two"],
            }
        )
        replace(trial.candidate, evidence=evidence).save(args.out / "model.json")
        LOG.info("%s: %s follows %s", args.out, trial.candidate.version, current.version)
    for gate, reasons in decision["reasons"].items():
        for reason in reasons:
            LOG.info("refused at %s: %s", gate, reason)
    say(args, decision)
    return bool(decision["promoted"])


def main(argv: list[str] | None = None) -> int:
    """Entry point; status 3 if the candidate was refused."""
    parser = command("retrain", __doc__, EXAMPLE)
    parser.add_argument("--flywheel", type=Path, nargs="+", required=True, help="JSON lines")
    parser.add_argument("--model", type=Path, default=MODEL, help="current model")
    parser.add_argument("--space", type=Path, nargs="*", help="SPACE tables (default: all)")
    parser.add_argument("--gates", type=Path, default=SPEC, help="locked numbers of the gates")
    parser.add_argument("--seed", type=int, default=1, help="of sampling and training (default: 1)")
    parser.add_argument("--out", type=Path, required=True, help="folder for model and decision")
    add_json(parser)
    args = parser.parse_args(argv)
    promoted: list[bool] = []
    return run_main(lambda: promoted.append(run(args)), lambda: 0 if all(promoted) else REFUSED)


if __name__ == "__main__":
    sys.exit(main())
