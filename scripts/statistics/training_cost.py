"""What it took to record what a tuning's predictor had learned from, and whose layer that was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.files import InputError, read_json
from scripts.lib.predictor import predictor_facts
from scripts.lib.schemas.cost import COST_TRAINING
from scripts.statistics.dataset import named

Body = Mapping[str, Any]
Seconds = dict[str, float]


def spent(runs: Body, around: float) -> Seconds:
    """Seconds of a recording's runs; ``runs``: runs.json, ``around``: what stood around trials.

    ``cpu_seconds``: all cores while compiling, one for the rest. KeyError on a missing field.
    """
    compiling = sum(run["compile_seconds"] for run in runs["runs"])
    rest = sum(run["trial_seconds"] for run in runs["runs"]) + around
    return {
        "compile_seconds": compiling,
        "trial_seconds": rest - around,
        "around_seconds": around,
        "cpu_seconds": sum(run["cpus"] * run["compile_seconds"] for run in runs["runs"]) + rest,
    }


def total(parts: Mapping[str, Any] | pd.Series) -> float:
    """Wall seconds of what ``spent`` gives."""
    names = ("compile_seconds", "trial_seconds", "around_seconds")
    return float(sum(parts[name] for name in names))


def predictor(measured: Body, models: Iterable[Path], runs: Mapping[str, Body]) -> Body | None:
    """Facts of the model that ranked a tuning's trials, and whether the record names it.

    One that does not name it ran with the model recorded at the same commit on the same GPU; None
    if there is no such recording.
    """
    if "model" in measured:
        return {**measured["model"], "named": True}
    here = (measured["commit"], measured["gpu"]["uuid"])
    for dataset, path in named(models).items():
        if here in {(run["commit"], run["gpu"]["uuid"]) for run in runs[dataset]["runs"]}:
            return {**predictor_facts(path), "named": False}
    return None


def training(
    measured: Body, model: Body | None, runs: Mapping[str, Body], recorded: pd.DataFrame, files: int
) -> pd.DataFrame:
    """COST_TRAINING of one tuning; empty if its model is not known.

    ``recorded``: RECORDED; ``files``: config files of the GPU. InputError names a recording that
    the model had learned from and that is not given.
    """
    if model is None:
        return pd.DataFrame(columns=COST_TRAINING.names)
    device, shape = measured["gpu"]["device"], measured["shape"]
    rows = []
    for dataset in model["datasets"]:
        cells = recorded[recorded["dataset"] == dataset]
        if dataset not in runs:
            raise InputError(f"{dataset}: a predictor learned from it; give its runs.json, too")
        parts = spent(runs[dataset], float(cells["around_seconds"].sum()))
        rows.append({
            "device": device,
            "shape_id": shape,
            "dataset": dataset,
            "has_layer": [device, shape] in model["layers"],
            "layers": cells["shape_id"].nunique(),
            "cells": len(cells),
            "trials": cells["trials"].sum(),
            **parts,
            "files": files,
            "model_sha256": model["sha256"],
            "model_version": model["version"],
            "named": model["named"],
        })  # fmt: skip
    return pd.DataFrame(rows, columns=COST_TRAINING.names)


def read_runs(paths: Iterable[Path]) -> dict[str, Body]:
    """Dataset -> its runs.json."""
    return {name: read_json(path) for name, path in named(paths).items()}
