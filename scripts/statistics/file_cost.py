"""What tuning one config file takes: this side, which ran whole, the published one, the factors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.schemas.cost import COST, CostOf, Part
from scripts.statistics.bootstrap import Plan
from scripts.statistics.published_cost import check, published, work_of
from scripts.statistics.training_cost import total

Body = Mapping[str, Any]
RATIOS = {CostOf.UPSTREAM: CostOf.RATIO, CostOf.UPSTREAM_COLD: CostOf.RATIO_COLD}
SWEEP = "sweep"  # the step that holds the GPU, and compiles on all cores
SECONDS = ("value", "gpu_seconds", "cpu_seconds")
ENDS = ("low", "high")
CHECK = {"what": CostOf.UPSTREAM, "part": Part.CHECK}


def file_cost(
    measured: Body, cells: pd.DataFrame, trials: pd.DataFrame, training: pd.DataFrame, plan: Plan
) -> pd.DataFrame:
    """COST of one tuned file. ``measured``: as scripts.measure.tuning_cost writes it.

    ``cells``: COST_CELLS; ``trials``: TRIALS and the dataset; ``training``: COST_TRAINING of this
    tuning. Where the whole layer was not recorded there is this side only. KeyError on a missing
    field.
    """
    about = {
        "device": measured["gpu"]["device"],
        "shape_id": measured["shape"],
        "batches": measured["batches"],
    }
    here = list(_here(measured))
    rows = [about | row for row in here]
    own = cells[(cells["device"] == about["device"]) & (cells["shape_id"] == about["shape_id"])]
    own = own.drop_duplicates("cell_id")
    if len(own):
        about["configs"] = int(own["configs"].iloc[0])
        samples = pd.DataFrame(measured["upstream"]["samples"])
        theirs = published(work_of(own), samples, plan)
        factor = check(samples, own, trials)
        rows += [about | row for row in theirs]
        if not np.isnan(factor):
            rows.append(about | dict.fromkeys(SECONDS, factor) | CHECK | {"samples": len(samples)})
        for row in theirs:
            if row["part"] is Part.TOTAL:
                rows += [about | one for one in _ratios(row, here[-1], training)]
    return pd.DataFrame(rows).reindex(columns=COST.names)


def _here(measured: Body) -> Iterator[dict[str, Any]]:
    """Each step of this side, then all of it."""
    ours = measured["graphx"]
    compiling = (measured["cpus"] - 1) * ours["compile_seconds"]
    for part, seconds in {**ours["steps"], Part.TOTAL: ours["seconds"]}.items():
        sweeps = part in (SWEEP, Part.TOTAL)
        yield {
            "what": CostOf.GRAPHX,
            "part": part,
            "value": seconds,
            "gpu_seconds": ours["cell_seconds"] if sweeps else 0.0,
            "cpu_seconds": seconds + (compiling if sweeps else 0.0),
            "configs": ours["budget"],
        }


def _ratios(theirs: Body, ours: Body, training: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Factors of a total of the published method, and with what taught the predictor counted in."""
    taught = {
        "value": total(training.sum(numeric_only=True)) if len(training) else 0.0,
        "gpu_seconds": float(training[["trial_seconds", "around_seconds"]].sum().sum()),
        "cpu_seconds": float(training["cpu_seconds"].sum()),
    }
    shares = {Part.TOTAL: 0.0}
    if len(training):
        device, files = training["device"].iloc[0], int(training["files"].iloc[0])
        if not files:
            raise InputError(f"coverage: no config file of {device}; build its table again")
        shares |= {Part.SHARED: 1 / files, Part.ALONE: 1.0}
    for part, share in shares.items():
        whole = {name: ours[name] + share * taught[name] for name in SECONDS}
        factors = {name: theirs[name] / whole[name] for name in SECONDS}
        ends = {name: theirs[name] / whole["value"] for name in ENDS}
        yield {**theirs, **factors, **ends, "what": RATIOS[theirs["what"]], "part": part}
