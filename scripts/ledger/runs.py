"""The provenance of each run and what measuring cost, from the ledger's lines that count."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

Body = dict[str, Any]


def runs(bodies: Sequence[Body]) -> dict[str, Any]:
    """Provenance of each run, how it ended, and the cost records."""
    entries = [_entry(body) for body in bodies if body["kind"] == "run"]
    by_id = {entry["run_id"]: entry for entry in entries}
    seconds: dict[str, list[float]] = defaultdict(list)
    for body in bodies:
        entry = by_id.get(body.get("run_id", ""))
        if entry is None:
            continue
        if body["kind"] == "end":
            entry["ended"] = body["ended"]
        elif body["kind"] == "compiled":
            entry["compile_seconds"], entry["binaries"] = body["seconds"], body["binaries"]
        elif body["kind"] == "disturbance":
            entry["disturbance"] = _without(body, "kind", "run_id")
        elif body["kind"] == "attempt":
            seconds[entry["run_id"]].append(body["gpu_seconds"])
    for entry in entries:
        entry["trial_seconds"] = round(math.fsum(seconds[entry["run_id"]]), 3)
    costs = [_without(body, "kind") for body in bodies if body["kind"] == "cost"]
    return {"version": 1, "runs": entries, "cost": costs}


def _entry(run: Body) -> Body:
    unknown = {"ended": "killed", "compile_seconds": 0.0, "binaries": 0}
    return _without(run, "kind") | unknown


def _without(body: Body, *names: str) -> Body:
    return {key: value for key, value in body.items() if key not in names}
