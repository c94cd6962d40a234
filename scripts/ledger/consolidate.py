"""Turn a sweep's ledger into the measured tables; every line of the chain is checked on the way.

Writes trials, finals, cells and compiles as Parquet, and runs.json with the provenance of each
run (code, kernel, protocol, GPU, driver, packages, command, start and end) and the cost records.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.ndimage import median_filter

from scripts.lib.chain import read_chain
from scripts.lib.files import InputError, write_json
from scripts.lib.log import run_main
from scripts.lib.schemas.measured import CELLS, COMPILES, FINALS, TRIALS
from scripts.lib.shape import parse_cell
from scripts.lib.tables import Table, write_table

log = logging.getLogger("consolidate")
Body = dict[str, Any]


def select(bodies: list[Body]) -> list[Body]:
    """The lines that count: same protocol and kernel as the last run, one GPU for each cell.

    A cell that was begun on one GPU and finished on another was measured again there; what the
    first GPU left of it is history. What there is of an unfinished cell stays in the ledger, where
    the next run goes on: a table with half a space would be taken for a whole one.
    """
    runs = {body["run_id"]: body for body in bodies if body["kind"] == "run"}
    if not runs:
        raise InputError("the ledger holds no run")
    last = list(runs.values())[-1]
    spec = (last["spec_hash"], last["kernel_hash"])
    uuid_of = {
        run_id: run["gpu"]["uuid"]
        for run_id, run in runs.items()
        if (run["spec_hash"], run["kernel_hash"]) == spec
    }
    finished = {
        body["cell_id"]: uuid_of[body["run_id"]]
        for body in bodies
        if body["kind"] == "cell" and body["run_id"] in uuid_of
    }

    def counts(body: Body) -> bool:
        if "run_id" not in body:
            return bool(body["kind"] == "cost")
        uuid = uuid_of.get(body["run_id"])
        cell_id = body.get("cell_id")
        return uuid is not None and (cell_id is None or uuid == finished.get(cell_id))

    return [body for body in bodies if counts(body)]


def _of(bodies: list[Body], kind: str) -> pd.DataFrame:
    return pd.DataFrame([body for body in bodies if body["kind"] == kind])


def _fit(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    return frame.reindex(columns=table.names)


# Re-runs of the committed config whose running median is the anchor: a compromise. A single one can
# fall into another mode of a config that has two; all of a cell's would miss that the GPU warms up.
ANCHOR_WINDOW = 7


def trials(bodies: list[Body]) -> pd.DataFrame:
    """One row per attempt, with the committed config's latency at that moment beside it."""
    frame = _of(bodies, "attempt")
    twice = frame.duplicated(["cell_id", "config_id"])
    if twice.any():
        first = frame.loc[twice, ["cell_id", "config_id"]].iloc[0].tolist()
        raise InputError(f"the ledger holds two attempts of {' '.join(first)}")
    anchors = _of(bodies, "anchor")
    by_run = dict(list(anchors.groupby(["cell_id", "run_id"]))) if len(anchors) else {}
    frame["anchor_us"] = np.nan
    for key, rows in frame.groupby(["cell_id", "run_id"]):
        if key in by_run:
            known = by_run[key].sort_values("order")
            level = median_filter(known["median_us"].to_numpy(), ANCHOR_WINDOW, mode="nearest")
            values = np.interp(rows["order"], known["order"], level)
            frame.loc[rows.index, "anchor_us"] = values
    frame["samples"] = frame["samples"].fillna(0).astype(int)
    for fact in ("registers", "spills"):
        pairs = [value if isinstance(value, list) else (None, None) for value in frame[fact]]
        for index, gemm in enumerate(("up", "down")):
            values = [pair[index] for pair in pairs]
            frame[f"{fact}_{gemm}"] = pd.array(values, dtype="Int16")
    return _fit(frame, TRIALS).sort_values(["cell_id", "order"], ignore_index=True)


def finals(bodies: list[Body]) -> pd.DataFrame:
    """One row per sample of the interleaved finals."""
    parts = []
    for body in bodies:
        if body["kind"] != "finals":
            continue
        us = np.asarray(body["us"])
        rounds, slots = us.shape
        parts.append(
            pd.DataFrame(
                {
                    "cell_id": body["cell_id"],
                    "config_id": np.tile(body["slots"], rounds),
                    "run_id": body["run_id"],
                    "slot": np.tile(np.arange(slots), rounds),
                    "round": np.repeat(np.arange(rounds), slots),
                    "us": us.ravel(),
                }
            )
        )
    if not parts:
        raise InputError("the ledger holds no finals: no cell was finished; run the sweep again")
    order = ["cell_id", "round", "slot"]
    return pd.concat(parts, ignore_index=True).sort_values(order, ignore_index=True)


def cells(bodies: list[Body]) -> pd.DataFrame:
    """One row per finished cell, with the drift of its anchors."""
    frame = _of(bodies, "cell")
    parsed = [parse_cell(cell_id) for cell_id in frame["cell_id"]]
    frame["device"] = [cell.device for cell in parsed]
    frame["E"] = [cell.shape.experts for cell in parsed]
    frame["N"] = [cell.shape.intermediate for cell in parsed]
    frame["K"] = [cell.shape.hidden for cell in parsed]
    frame["top_k"] = [cell.shape.top_k for cell in parsed]
    frame["scheme"] = [cell.shape.scheme for cell in parsed]
    frame["tokens"] = [cell.tokens for cell in parsed]
    frame["throttled"] = [len(reasons) > 0 for reasons in frame["throttled"]]
    us = _of(bodies, "anchor").groupby("cell_id")["median_us"]
    drift = (us.max() - us.min()) / us.median()
    frame["drift"] = frame["cell_id"].map(drift).fillna(0.0)
    order = ["E", "N", "K", "scheme", "tokens"]
    return _fit(frame, CELLS).sort_values(order, ignore_index=True)


def compiles(bodies: list[Body]) -> pd.DataFrame:
    """One row per binary as first compiled; later runs found it in the cache."""
    frame = _of(bodies, "compile").drop_duplicates("binary_id")
    return _fit(frame, COMPILES).sort_values("binary_id", ignore_index=True)


def runs(bodies: list[Body]) -> dict[str, Any]:
    """Provenance of each run, how it ended, and the cost records."""
    ended = {body["run_id"]: body["ended"] for body in bodies if body["kind"] == "end"}
    compiled = {body["run_id"]: body for body in bodies if body["kind"] == "compiled"}
    timed = _of(bodies, "attempt").groupby("run_id")["gpu_seconds"].sum()
    entries = []
    for body in bodies:
        if body["kind"] != "run":
            continue
        run_id = body["run_id"]
        known = {key: value for key, value in body.items() if key != "kind"}
        known["ended"] = ended.get(run_id, "killed")
        known["trial_seconds"] = round(float(timed.get(run_id, 0.0)), 3)
        known["compile_seconds"] = compiled.get(run_id, {}).get("seconds", 0.0)
        known["binaries"] = compiled.get(run_id, {}).get("binaries", 0)
        entries.append(known)
    costs = [
        {key: value for key, value in body.items() if key != "kind"}
        for body in bodies
        if body["kind"] == "cost"
    ]
    return {"version": 1, "runs": entries, "cost": costs}


def consolidate(ledger: Path, out: Path) -> None:
    """Read a ledger, check its chain, write the five files into ``out``."""
    bodies = select(list(read_chain(ledger)))
    write_table(out / "trials.parquet", trials(bodies), TRIALS)
    write_table(out / "finals.parquet", finals(bodies), FINALS)
    write_table(out / "cells.parquet", cells(bodies), CELLS)
    write_table(out / "compiles.parquet", compiles(bodies), COMPILES)
    write_json(out / "runs.json", runs(bodies))
    log.info("%s: %d lines, the chain holds", ledger, len(bodies))


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m scripts.ledger.consolidate --ledger build/ledger.jsonl "
        "--out data/recorded/measured/nvidia_h200-bf16",
    )
    parser.add_argument("--ledger", type=Path, required=True, help="ledger, plain, .gz or .xz")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the tables into")
    args = parser.parse_args(argv)
    return run_main(lambda: consolidate(args.ledger, args.out))


if __name__ == "__main__":
    sys.exit(main())
