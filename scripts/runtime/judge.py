"""Choose the rows of a tuned file by vLLM's own fused operator.

Takes what tuning a layer found (tuned.json): of each batch size its choice, the nearest that tie
with it, the committed config and what vLLM launches without a file. These meet once more under the
operator, until they are told apart at 1% or known to be alike, and vLLM's file is written anew: a
row holds the better of committed and default unless another config is shown to be faster. Killed
or paused, the same command goes on.

vLLM is needed here: pip install vllm==0.24.0.

Exit status: 0 the file is written; 2 bad input, or no vLLM; 3 paused by --seconds, run the same
command again.
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib import command_line
from scripts.lib.budget import Budget
from scripts.lib.chain import read_chain
from scripts.lib.config import parse_id
from scripts.lib.files import InputError, read_object, write_json
from scripts.lib.judging.exported import exported
from scripts.lib.judging.medians import median_intervals
from scripts.lib.log import run_main
from scripts.lib.runtimes.default_config import SCHEMES, default_config
from scripts.lib.runtimes.files import write_runtime_files
from scripts.lib.schemas.plan import PLAN
from scripts.lib.shape import parse_cell, parse_shape
from scripts.measure.conditions import WEIGHTS, Conditions
from scripts.measure.controller.fleet import Limits
from scripts.measure.controller.records import NO_LIMIT
from scripts.measure.sweep import sweep
from scripts.runtime.installed import Installed, installed
from scripts.runtime.plan import CHOSEN, COMMITTED, DEFAULT
from scripts.runtime.racing import Race
from scripts.runtime.study import operator
from scripts.runtime.worker import make_op_worker

LOG = logging.getLogger("runtime.judge")
MODULE = "scripts.runtime.judge"
Body = dict[str, Any]
VERSION = 1  # of judged.json
CONDITIONS = Conditions("uniform", "cold", "op", run_time=())
RACE = Race()
MOST = 4  # tuned configs of a batch size that meet again
EXAMPLE = """example:
  python -m scripts.runtime.judge --tuned build/tune/NVIDIA_H200/E8-N3584-K4096-top2-bf16
"""


def make_parser() -> argparse.ArgumentParser:
    """The command line, also for those who check a recorded command."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--tuned", type=Path, required=True, help="folder of a tuning run, with tuned.json")
    add("--most", type=int, default=MOST, help="tuned configs of a batch size that meet again")
    add("--gpu", type=int, default=0, help="the GPU, by number from 0")
    add("--seconds", type=float, default=math.inf, help="pause after this; nothing is closed")
    add("--profile", default="uniform", help="routing: uniform, zipf, or recorded:<file>")
    add("--weights", choices=WEIGHTS, default="cold", help="see scripts.measure.conditions")
    add("--allow-busy", action="store_true", help="measure on a GPU in use, and mark every cell")
    add("--out", type=Path, help="folder to write (default: op/ in --tuned)")
    return parser


_OF_BATCH = ("cell_id", "tokens", "config_id", "gained", "ties")


def read_tuned(path: Path) -> dict[str, Any]:
    """What tuning found; InputError names the field that a batch size lacks."""
    record = read_object(path, "batches", "shape", "device", "triton")
    for batch in record["batches"]:
        lacking = [key for key in _OF_BATCH if key not in batch]
        if lacking:
            raise InputError(f"{path}: batches: lacks {', '.join(lacking)}; tune the layer again")
    return record


def standing(batch: Mapping[str, Any]) -> dict[str, str]:
    """What runs without the file: config by name, committed and vLLM's default, if there are."""
    cell = parse_cell(batch["cell_id"])
    found = {}
    if COMMITTED in batch["gained"]:
        found[COMMITTED] = str(batch["gained"][COMMITTED]["config_id"])
    if cell.shape.scheme in SCHEMES:
        found[DEFAULT] = default_config(cell.shape, cell.tokens).id
    return found


def plan_of(record: Mapping[str, Any], most: int) -> pd.DataFrame:
    """PLAN rows: of each batch size what stands, the tuned choice and its nearest ties."""
    rows = []
    for batch in record["batches"]:
        named: dict[str, list[str]] = {}
        for name, config in standing(batch).items():
            named.setdefault(config, []).append(name)
        for config in list(dict.fromkeys([batch["config_id"], *batch["ties"]]))[:most]:
            named.setdefault(config, []).append(CHOSEN)
        rows += [
            (batch["cell_id"], order, config, ",".join(said), None, None)
            for order, (config, said) in enumerate(named.items())
        ]
    return pd.DataFrame(rows, columns=PLAN.names)


def finals_of(bodies: Iterable[Body], source_hash: str) -> dict[str, Body]:
    """By cell the last finals that a ledger holds under an operator of that source."""
    runs, found = set[str](), {}
    for body in bodies:
        if body["kind"] == "run" and body["kernel_hash"] == source_hash:
            runs.add(body["run_id"])
        elif body["kind"] == "finals" and body["run_id"] in runs:
            found[body["cell_id"]] = body
    return found


def row_of(batch: Mapping[str, Any], finals: Body | None) -> Body:
    """One batch size: its config, over what stands without the file, and what tuning had chosen.

    Without finals what stands is kept, and without that the tuned choice.
    """
    names = standing(batch)
    row = {"tokens": batch["tokens"], "cell_id": batch["cell_id"], "tuned_id": batch["config_id"]}
    nothing = {"over_standing": None, "tuned_over_standing": None}
    slots = [] if finals is None else finals["slots"]
    held = {name: config for name, config in names.items() if config in slots}
    if finals is None or (names and not held):
        name, config = next(iter(names.items()), ("tuned", str(batch["config_id"])))
        return row | {"config_id": config, "kept": name, "standing_id": None} | nothing
    us = np.asarray(finals["us"], dtype=float)
    first = {config: slots.index(config) for config in slots}
    anchor = first[next(iter(held.values()), slots[0])]
    medians = np.median(us / us[:, [anchor]], axis=0)
    among = held or {CHOSEN: min(first, key=lambda config: medians[first[config]])}
    stands = min(among.values(), key=lambda config: medians[first[config]])
    found = median_intervals(us / us[:, [first[stands]]], RACE.level)
    ratios = {c: (float(found[s, 0]), float(found[s, 2])) for c, s in first.items() if c != stands}
    config = exported(stands, ratios)
    kept = next((name for name, one in held.items() if one == config), None)
    tuned = batch["config_id"]
    return row | {
        "config_id": config,
        "kept": kept,
        "standing_id": stands,
        "over_standing": _digits(1.0 if config == stands else ratios[config][0]),
        "tuned_over_standing": _digits(
            1.0 if tuned == stands else ratios.get(tuned, (float("nan"),))[0]
        ),
    }


def _digits(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)


def judged(record: Mapping[str, Any], finals: Mapping[str, Body]) -> list[Body]:
    """A row for each batch size of the record."""
    return [row_of(batch, finals.get(batch["cell_id"])) for batch in record["batches"]]


def write(folder: Path, record: Mapping[str, Any], rows: list[Body], by: Installed) -> Body:
    """VLLM's file and judged.json in a folder; returns what the latter holds."""
    configs = {row["tokens"]: parse_id(row["config_id"]) for row in rows}
    shape = parse_shape(record["shape"])
    paths = write_runtime_files(
        folder, shape, record["device"], configs, record["triton"], ["vllm"]
    )
    body = {
        "version": VERSION,
        "shape": record["shape"],
        "device": record["device"],
        "vllm": by.version,
        "kernel_hash": by.source_hash,
        "batches": rows,
        "files": {name: path and path.as_posix() for name, path in paths.items()},
    }
    write_json(folder / "judged.json", body)
    return body


def lines_of(body: Mapping[str, Any]) -> list[str]:
    """A table of the batch sizes, to read."""
    lines = [f"{'M':>5}  {'config':36} {'over standing':>13}  {'as tuned':>8}"]
    for row in body["batches"]:
        over, tuned = (
            "?" if row[name] is None else f"{row[name]:.3f}"
            for name in ("over_standing", "tuned_over_standing")
        )
        kept = f" (kept: {row['kept']})" if row["kept"] else ""
        lines.append(f"{row['tokens']:5d}  {row['config_id']:36} {over:>13}  {tuned:>8}{kept}")
    return lines


@dataclass(frozen=True)
class Place:
    """Where a tuned layer lies and where its judgement goes.

    ``tuned``: folder with tuned.json; ``out``: folder to write; ``ledger``: of the finals.
    ``module``: whose command stands in the ledger.
    """

    tuned: Path
    out: Path
    ledger: Path
    module: str = MODULE


def judge(
    place: Place, most: int, gpu: int, limits: Limits, conditions: Conditions = CONDITIONS
) -> tuple[int, Body | None]:
    """Exit status of the finals, and what judged.json holds; None if they were paused.

    ``most``: tuned configs of a batch size that meet again. InputError as ``installed``.
    """
    if not (place.tuned / "tuned.json").exists():
        raise InputError(f"{place.tuned}: holds no tuned.json; `graphx tune` writes one")
    record, found = read_tuned(place.tuned / "tuned.json"), installed()
    plan, subject = plan_of(record, most), operator(found, gpu, module=place.module)
    make = partial(make_op_worker, race=RACE)
    status = sweep(plan, place.ledger, [gpu], conditions, limits, make=make, subject=subject)
    if status != 0:
        return status, None
    finals = finals_of(read_chain(place.ledger), found.source_hash)
    return status, write(place.out, record, judged(record, finals), found)


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    args = make_parser().parse_args(argv)
    until, status = time.monotonic() + args.seconds, 0

    def body() -> None:
        nonlocal status
        if args.most < 1:
            raise InputError(f"--most {args.most}: let 1 or more configs of a batch size meet")
        folder = args.out or args.tuned / "op"
        conditions = replace(CONDITIONS, profile=args.profile, weights=args.weights)
        limits = Limits(Budget(NO_LIMIT), until, args.allow_busy)
        place = Place(args.tuned, folder, folder / "ledger.jsonl")
        status, made = judge(place, args.most, args.gpu, limits, conditions)
        if made is not None:
            print("\n".join([*lines_of(made), f"record: {folder / 'judged.json'}"]))

    return run_main(body, lambda: status)


if __name__ == "__main__":
    sys.exit(main())
