"""What recording whole layers took, every legal config, and the published method on the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from scripts.lib.schemas.cost import COST_RECORDINGS, CostOf, Part
from scripts.lib.shape import parse_shape
from scripts.statistics.bootstrap import Plan
from scripts.statistics.file_cost import ENDS, RATIOS
from scripts.statistics.published_cost import published, work_of
from scripts.statistics.training_cost import spent, total

Body = Mapping[str, Any]


def recording_costs(
    cells: pd.DataFrame,
    costs: Sequence[Body],
    recorded: pd.DataFrame,
    runs: Mapping[str, Body],
    plan: Plan,
) -> pd.DataFrame:
    """COST_RECORDINGS of the datasets that hold whole layers of one format and nothing else.

    ``cells``: COST_CELLS; ``costs``: timed tunings, for what compiling in line takes on that GPU in
    that format; ``recorded``: RECORDED; ``runs``: dataset -> runs.json.
    """
    rows: list[dict[str, Any]] = []
    for dataset, own in cells.groupby("dataset", sort=True):
        every = recorded[recorded["dataset"] == dataset]
        measured = next((one for one in costs if _same_format(one, every)), None)
        if measured is not None and set(every["cell_id"]) == set(own["cell_id"]):
            samples = pd.DataFrame(measured["upstream"]["samples"])
            rows += _recording(own, every, runs[str(dataset)], samples, plan)
    return pd.DataFrame(rows, columns=COST_RECORDINGS.names)


def _same_format(measured: Body, recorded: pd.DataFrame) -> bool:
    pair = (measured["gpu"]["device"], parse_shape(measured["shape"]).scheme)
    return {pair} == set(zip(recorded["device"], recorded["scheme"], strict=True))


def _recording(
    own: pd.DataFrame, recorded: pd.DataFrame, runs: Body, samples: pd.DataFrame, plan: Plan
) -> Iterator[dict[str, Any]]:
    work = work_of(own)
    parts = spent(runs, float(recorded["around_seconds"].sum()))
    seconds = total(parts)
    about = {
        "device": own["device"].iloc[0],
        "dataset": own["dataset"].iloc[0],
        "layers": work.files,
        "cells": work.cells,
    }
    yield (
        about
        | parts
        | {
            "what": CostOf.GRAPHX,
            "configs": round(recorded["trials"].mean()),
            "timing_seconds": parts["trial_seconds"],
            "value": seconds,
        }
    )
    about["configs"] = work.legal + work.illegal
    for row in published(work, samples, plan):
        if row["part"] is not Part.TOTAL:
            continue
        yield (
            about
            | row
            | {
                "compile_seconds": row["value"] - work.timing_seconds,
                "timing_seconds": work.timing_seconds,
            }
        )
        factors = {name: row[name] / seconds for name in ("value", *ENDS)}
        cores = {"cpu_seconds": row["cpu_seconds"] / parts["cpu_seconds"]}
        yield about | row | factors | cores | {"what": RATIOS[row["what"]]}
