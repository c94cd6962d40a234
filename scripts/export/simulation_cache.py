"""Kernel Tuner's cache file: what its simulation mode reads, which is not its T4 output.

Read from kernel_tuner 1.5.0 (``util.read_cache``, ``runners/simulation.py``): a JSON object whose
last two braces stand on lines of their own, with the parameters in order, and under ``cache`` an
entry for each config, keyed by its values joined by commas. A config that failed has ``__error__``
naming one of the tuner's error classes; a search with a time limit needs three times in ms of
every config. ``tune_cache(path)`` takes all else from the file too.
"""

from __future__ import annotations

import json
from typing import Any

from scripts.export.cell_space import CellSpace, Point
from scripts.lib.outcome import Outcome

# Kernel Tuner knows three errors; it has none for a deadline or for a wrong result.
ERRORS = {
    Outcome.ILLEGAL: "InvalidConfig",
    Outcome.COMPILE_ERROR: "CompilationFailedConfig",
    Outcome.RUNTIME_ERROR: "RuntimeFailedConfig",
    Outcome.TIMEOUT: "RuntimeFailedConfig",
    Outcome.MISMATCH: "RuntimeFailedConfig",
}
KERNEL = "fused_moe"


def simulation_cache(space: CellSpace) -> str:
    """The text of the cache file of a cell, one line for each config."""
    values, cell = space.values, space.cell
    head: dict[str, Any] = {
        "device_name": cell["device"],
        "kernel_name": KERNEL,
        "problem_size": [int(cell[name]) for name in ("tokens", "N", "K")],
        "tune_params_keys": list(values),
        "tune_params": values,
        "objective": "time",
    }
    entries = ",\n".join(_line(point) for point in space.points)
    return f'{json.dumps(head)[:-1]}, "cache": {{\n{entries}}}\n}}\n'


def _line(point: Point) -> str:
    key = ",".join(str(value) for value in point.parameters.values())
    entry: dict[str, Any] = dict(point.parameters)
    if point.time is None:
        entry["__error__"] = ERRORS[point.outcome]
    else:
        entry["time"] = point.time
    # Compiled ahead, once for all cells; checking is part of what held the GPU.
    entry |= {"compile_time": 0.0, "verification_time": 0.0, "benchmark_time": point.held}
    return f"{json.dumps(key)}: {json.dumps(entry | point.extras | {'config_id': point.config_id})}"
