"""A cell in T4, the open format for results of autotuning, version 1.0.0.

Schema: https://github.com/odgaard/TuningSchema/tree/T4, which Kernel Tuner ships and
autotuning_methodology validates what it reads against. The schema leaves units open; Kernel Tuner
writes ms and says so in ``metadata.timeunit``, and so does this.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from scripts.export.cell_space import ABSENT, CellSpace, Point
from scripts.lib.outcome import Outcome

VERSION = "1.0.0"
INVALIDITY = {
    Outcome.CORRECT: "correct",
    Outcome.ILLEGAL: "constraints",
    Outcome.COMPILE_ERROR: "compile",
    Outcome.RUNTIME_ERROR: "runtime",
    Outcome.TIMEOUT: "timeout",
    Outcome.MISMATCH: "correctness",
}
_UNITS = {"uncorrected_time": "ms", "p95_time": "ms"}
NOTES = {
    "time": "median of `samples` timed passes, the drift of the GPU within the cell divided out;"
    " uncorrected_time is without that. A pass is what `scope` says, in one CUDA graph.",
    "benchmark": "wall time for which the trial held the GPU, its correctness check included",
    "compilation": "0: every binary was compiled ahead, once for all cells",
    "runtimes": "the median alone; p95_time and samples say how the samples spread",
    "absent": f"a parameter of {ABSENT} is a key that the config lacks",
    "omitted": "configs that were never tried (budget spent, device absent) have no entry",
}
_CELL = ("cell_id", "E", "N", "K", "top_k", "scheme", "tokens", "scope", "routing", "seed")


def t4_results(space: CellSpace) -> str:
    """The results file as text, one line for each config."""
    about = {
        "timeunit": "milliseconds",
        "cell": {name: _plain(space.cell[name]) for name in _CELL},
        "notes": NOTES,
    }
    lines = ",\n".join(json.dumps(_result(point)) for point in space.points)
    return (
        f'{{"schema_version": {json.dumps(VERSION)},\n"metadata": {json.dumps(about)},\n'
        f'"results": [\n{lines}\n]}}\n'
    )


def _result(point: Point) -> dict[str, Any]:
    figures: dict[str, float] = {} if point.time is None else {"time": point.time}
    measurements = [
        {"name": name, "value": value, "unit": "ms" if name == "time" else _UNITS.get(name, "")}
        for name, value in (figures | point.extras).items()
    ]
    return {
        "configuration": point.parameters,
        "objectives": ["time"],
        "times": {
            "compilation": 0.0,
            "benchmark": point.held,
            "framework": 0.0,
            "search_algorithm": 0.0,
            "validation": 0.0,
            "runtimes": [] if point.time is None else [point.time],
        },
        "invalidity": INVALIDITY[point.outcome],
        "correctness": 1 if point.outcome is Outcome.CORRECT else 0,
        "measurements": [*measurements, _measurement_of_id(point)],
    }


def _measurement_of_id(point: Point) -> dict[str, str]:
    return {"name": "config_id", "value": point.config_id, "unit": ""}


def t4_metadata(space: CellSpace, run: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata file: the GPU and the packages of the run that finished the cell."""
    gpu = {name: value for name, value in run["gpu"].items() if name != "state"}
    packages = [f"{name}=={version}" for name, version in sorted(run["packages"].items())]
    return {
        "schema_version": VERSION,
        "metadata": {
            "hardware": {"hardware_description": [gpu]},
            "environment": {
                "device_query": {},
                "requirements": [f"python=={run['python']}", *packages],
            },
            "provenance": {name: run[name] for name in ("run_id", "commit", "kernel_hash")},
        },
    }


def _plain(value: Any) -> Any:
    """A NumPy scalar as the plain one."""
    return value.item() if hasattr(value, "item") else value
