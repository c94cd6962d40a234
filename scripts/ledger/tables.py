"""The measured tables, from the ledger's lines that count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.ndimage import median_filter

from scripts.lib.files import InputError
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.measured import CELLS, COMPILES, FINALS, TRIALS
from scripts.lib.shape import parse_cell
from scripts.lib.tables import Table

Body = dict[str, Any]

# Re-runs of the anchor config whose running median is the anchor: a compromise. A single one can
# fall into another mode of a config that has two; all of a cell's would miss that the GPU warms up.
ANCHOR_WINDOW = 7
_ANCHOR = ("cell_id", "run_id", "order", "median_us")
_ATTEMPT = (
    "cell_id", "config_id", "run_id", "order", "outcome", "spec_hash", "samples", "registers",
    "spills",
)  # fmt: skip


def _of(bodies: Iterable[Body], kind: str, columns: Iterable[str]) -> pd.DataFrame:
    """The lines of a kind; the columns are there even if no line has them."""
    frame = pd.DataFrame([body for body in bodies if body["kind"] == kind])
    return frame.reindex(columns=frame.columns.union(list(columns), sort=False))


def _fit(frame: pd.DataFrame, table: Table, order: list[str]) -> pd.DataFrame:
    return frame.reindex(columns=table.names).sort_values(order, ignore_index=True)


def _runs(bodies: Iterable[Body]) -> dict[str, Body]:
    return {body["run_id"]: body for body in bodies if body["kind"] == "run"}


def trials(bodies: Sequence[Body]) -> pd.DataFrame:
    """One row per attempt, with the anchor config's latency at that moment beside it.

    InputError if a candidate has two outcomes.
    """
    frame = _of(bodies, "attempt", _ATTEMPT)
    twice = frame.duplicated(["cell_id", "config_id"])
    if twice.any():
        first = frame.loc[twice, ["cell_id", "config_id"]].iloc[0].tolist()
        raise InputError(f"the ledger holds two attempts of {' '.join(first)}")
    of_run = {run_id: run["spec_hash"] for run_id, run in _runs(bodies).items()}
    of_attempt = frame["run_id"].map(of_run).astype(object)
    frame["spec_hash"] = frame["spec_hash"].astype(object).fillna(of_attempt)
    frame["anchor_us"] = _anchor_us(frame, _of(bodies, "anchor", _ANCHOR))
    frame["samples"] = frame["samples"].fillna(0).astype(int)
    for fact in ("registers", "spills"):
        pairs = [value if isinstance(value, list) else (None, None) for value in frame[fact]]
        for index, gemm in enumerate(("up", "down")):
            values = [pair[index] for pair in pairs]
            frame[f"{fact}_{gemm}"] = pd.array(values, dtype="Int16")
    return _fit(frame, TRIALS, ["cell_id", "order", "config_id"])


def _anchor_us(attempts: pd.DataFrame, anchors: pd.DataFrame) -> pd.Series:
    """The anchor's latency about when each attempt was made, by the same run on the same cell."""
    found = pd.Series(np.nan, index=attempts.index)
    by_run = dict(list(anchors.groupby(["cell_id", "run_id"])))
    measured = attempts[attempts["outcome"] != Outcome.NOT_MEASURED]
    for key, rows in measured.groupby(["cell_id", "run_id"]):
        if key in by_run:
            known = by_run[key].sort_values("order")
            level = median_filter(known["median_us"].to_numpy(), ANCHOR_WINDOW, mode="nearest")
            found.loc[rows.index] = np.interp(rows["order"], known["order"], level)
    return found


def finals(bodies: Iterable[Body]) -> pd.DataFrame:
    """One row per sample of the interleaved finals; no row if no cell came to them."""
    parts = [_finals_of(body) for body in bodies if body["kind"] == "finals"]
    rows = pd.concat(parts) if parts else pd.DataFrame(columns=FINALS.names)
    return _fit(rows, FINALS, ["cell_id", "round", "slot"])


def _finals_of(body: Body) -> pd.DataFrame:
    us = np.asarray(body["us"])
    rounds, slots = us.shape
    return pd.DataFrame(
        {
            "cell_id": body["cell_id"],
            "config_id": np.tile(body["slots"], rounds),
            "run_id": body["run_id"],
            "slot": np.tile(np.arange(slots), rounds),
            "round": np.repeat(np.arange(rounds), slots),
            "us": us.ravel(),
        }
    )


def cells(bodies: Sequence[Body], drift_band: float) -> pd.DataFrame:
    """One row per finished cell, with the drift of its anchors.

    ``drift_band``: beyond it a cell is marked, if its run's protocol names no band of its own.
    """
    runs = _runs(bodies)
    us = _of(bodies, "anchor", _ANCHOR).groupby("cell_id")["median_us"]
    drift = ((us.max() - us.min()) / us.median()).to_dict()
    rows = [
        _cell_row(body, runs[body["run_id"]], drift.get(body["cell_id"], 0.0), drift_band)
        for body in bodies
        if body["kind"] == "cell"
    ]
    frame = pd.DataFrame(rows, columns=CELLS.names)
    return _fit(frame, CELLS, ["E", "N", "K", "scheme", "tokens"])


def _cell_row(body: Body, run: Body, drift: float, drift_band: float) -> Body:
    cell = parse_cell(body["cell_id"])
    conditions = run.get("conditions", {})
    marks = set(body.get("marks", ()))
    marks |= {"throttled"} if body["throttled"] else set()
    marks |= {"drifted"} if drift > run["protocol"].get("drift_band", drift_band) else set()
    # A run from before the locked spec has none of these: its line says what the one way was.
    before = {
        "weights": "cold",
        "passes": body["draws"],
        "anchor_id": body["committed_id"],
        "backend": conditions.get("backend", "gpu"),
        "run_time": ",".join(conditions.get("run_time", ())),
        "spec_hash": run["spec_hash"],
        "protocol_hash": run.get("protocol_hash", run["spec_hash"]),
        "kernel_hash": run["kernel_hash"],
    }
    return {
        **before,
        **{name: value for name, value in body.items() if name in CELLS.names},
        "device": cell.device,
        "E": cell.shape.experts,
        "N": cell.shape.intermediate,
        "K": cell.shape.hidden,
        "top_k": cell.shape.top_k,
        "scheme": cell.shape.scheme,
        "tokens": cell.tokens,
        "throttled": bool(body["throttled"]),
        "drift": drift,
        "marks": ",".join(sorted(marks)),
    }


def compiles(bodies: Iterable[Body]) -> pd.DataFrame:
    """One row per binary as first compiled; later runs found it in the cache."""
    frame = _of(bodies, "compile", COMPILES.names).drop_duplicates("binary_id")
    return _fit(frame, COMPILES, ["binary_id"])
