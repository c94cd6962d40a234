"""What tuning a config file costs, here and by the published method, and what recording did."""

from __future__ import annotations

import math
from typing import Any

from scripts.lib.schemas import cost as schema
from scripts.lib.schemas.cost import CostOf, Part
from scripts.report.estimates import merged, number
from scripts.report.gpus import beside, of_gpu
from scripts.report.section import Figure, Frame, Frames, Headline, Section, Summary, made
from scripts.report.sections.datasets import RECORDED
from scripts.report.sections.provenance import RUNS

COST = made("cost", "statistics.cost", schema.COST)
CELLS = made("cost_cells", "statistics.cost", schema.COST_CELLS)
RECORDINGS = made("cost_recordings", "statistics.cost", schema.COST_RECORDINGS)
TRAINING = made("cost_training", "statistics.cost", schema.COST_TRAINING)
SECONDS, FACTOR = 180.0, 300.0  # to reach: seconds for a file, factor to the published method
SPENT = ("compile_seconds", "trial_seconds", "around_seconds")
# Key of the summary -> whose total it is.
HEADLINES = {
    "gpu_seconds_18_batches": CostOf.GRAPHX,
    "upstream_gpu_seconds_18_batches": CostOf.UPSTREAM,
    "upstream_gpu_seconds_18_batches_cold": CostOf.UPSTREAM_COLD,
    "ratio": CostOf.RATIO,
    "ratio_cold": CostOf.RATIO_COLD,
    # What the figures with a compiler's cache were called when those without had the plain names.
    "upstream_gpu_seconds_18_batches_cached": CostOf.UPSTREAM,
    "ratio_cached": CostOf.RATIO,
}


def build(read: Frames) -> Summary:
    """What the first dataset cost to record, each of them, and what tuning a file costs."""
    recordings, rows = read["runs"], read["cost"]
    spent = {recording.dataset: recording.spent() for recording in recordings}
    more = {
        "tuned": tuned(rows),
        "training": training(read["cost_training"]),
        "regret": regret(read["cost_cells"]),
        "recordings": layers(read["cost_recordings"]),
    }
    found = {name: figures for name, figures in more.items() if figures}
    recorded = {"cost": recordings[0].cost() | {"datasets": spent} | found}
    return merged(recorded, beside(read, lambda device: totals(of_gpu(rows, device))))


def totals(rows: Frame) -> Figure:
    """One GPU's totals as plain figures; nothing without rows of COST."""
    found = rows[rows["part"] == Part.TOTAL].set_index("what")["value"]
    named = {key: float(found[what]) for key, what in HEADLINES.items() if what in found}
    return {"cost": named} if named else {}


def tuned(rows: Frame) -> Figure:
    """``[GPU/layer]``: ``batches``, and all rows of COST as ``[what][part]``."""
    out: Figure = {}
    for row in rows.to_dict("records"):
        entry = out.setdefault(_name(row), {"batches": int(row["batches"])})
        entry.setdefault(str(row["what"]), {})[str(row["part"])] = _figure(row)
    return out


def _name(row: dict[Any, Any]) -> str:
    return f"{row['device']}/{row['shape_id']}"


def _figure(row: dict[Any, Any]) -> Figure:
    """``{value, cpu_seconds, …}``, of what rests on samples with the interval and their number."""
    names = ("value", "gpu_seconds", "cpu_seconds")
    figure: Figure = {name: float(row[name]) for name in names if name in row}
    figure["configs"] = int(row["configs"])
    if number(row["samples"]) is not None:
        figure["n"] = int(row["samples"])
    if number(row["low"]) is not None:
        figure["ci"] = [float(row["low"]), float(row["high"])]
    return figure


def training(rows: Frame) -> Figure:
    """``[GPU/layer]``: the predictor of a tuning, what it had learned from, what that had taken."""
    out: Figure = {}
    for row in rows.to_dict("records"):
        entry = out.setdefault(_name(row), _predictor(row))
        own: Figure = {name: int(row[name]) for name in ("layers", "cells", "trials")}
        own |= {name: float(row[name]) for name in (*SPENT, "cpu_seconds")}
        own["seconds"] = sum(own[name] for name in SPENT)
        entry["datasets"][row["dataset"]] = own
        for name in ("layers", "trials", "seconds", "cpu_seconds"):
            entry[name] = entry.get(name, 0) + own[name]
    return out


def _predictor(row: dict[Any, Any]) -> Figure:
    model = {"sha256": row["model_sha256"], "version": row["model_version"]}
    return {
        "model": model | {"named": bool(row["named"])},
        "has_layer": bool(row["has_layer"]),
        "files": int(row["files"]),
        "datasets": {},
    }


def regret(rows: Frame) -> Figure:
    """``[GPU/layer]``: of the file that was tuned, geometric mean over batch sizes, and worst."""
    judged = rows[rows["regret"].notna()]
    out: Figure = {}
    for key, part in judged.groupby(["device", "shape_id"], sort=True):
        cells = part.to_dict("records")
        worst = max(cells, key=lambda cell: float(cell["regret"]))
        logs = [math.log(cell["regret"]) for cell in cells]
        out["/".join(map(str, key))] = {
            "regret": math.exp(sum(logs) / len(logs)),
            "n": len(logs),
            "dataset": str(worst["dataset"]),
            "worst": {"tokens": int(worst["tokens"]), "regret": float(worst["regret"])},
        }
    return out


def layers(rows: Frame) -> Figure:
    """``[dataset]``: whose, layers, cells, and all rows of COST_RECORDINGS by ``what``."""
    out: Figure = {}
    for row in rows.to_dict("records"):
        counts = {name: int(row[name]) for name in ("layers", "cells")}
        entry = out.setdefault(row["dataset"], {"device": row["device"]} | counts)
        names = ("compile_seconds", "timing_seconds", "around_seconds")
        parts = {name: value for name in names if (value := number(row[name])) is not None}
        entry[str(row["what"])] = parts | _figure(row)
    return out


def readings(summary: Summary, _: Headline) -> list[str]:
    """What tuning a file costs beside the published method, against the figures to reach."""
    found = summary.get("cost", {})
    if "gpu_seconds_18_batches" not in found:
        return []
    seconds = found["gpu_seconds_18_batches"]
    said = (
        f"Tuning one config file of 18 batch sizes took {seconds:,.0f} s on one GPU, compiling"
        f" included (to reach: {SECONDS:.0f} s; {_reached(seconds <= SECONDS)})."
    )
    name = next(iter(found["tuned"]))
    if CostOf.RATIO in found["tuned"][name]:
        said += _factors(found["tuned"][name])
    if name in found.get("training", {}) and CostOf.RATIO in found["tuned"][name]:
        said += _taught(found["tuned"][name], found["training"][name])
    if name in found.get("regret", {}):
        said += _behind(found["regret"][name])
    return [said]


def _factors(sides: Figure) -> str:
    warm, cold = (sides[what][Part.TOTAL] for what in (CostOf.RATIO, CostOf.RATIO_COLD))
    ends = [f"{one['ci'][0]:,.0f}–{one['ci'][1]:,.0f}" for one in (warm, cold)]
    reached = [_reached(one["value"] >= FACTOR, one["ci"][0] >= FACTOR) for one in (warm, cold)]
    return (
        f" The published method, by the recorded latencies of the same layer, takes"
        f" {warm['value']:,.0f} times that ({ends[0]}; to reach: {FACTOR:.0f}; {reached[0]}) where"
        f" it finds what it compiled again, {cold['value']:,.0f} times ({ends[1]}; {reached[1]})"
        f" where each batch size is compiled anew; in processor seconds {warm['cpu_seconds']:,.0f}"
        f" and {cold['cpu_seconds']:,.0f} times."
    )


def _taught(sides: Figure, taught: Figure) -> str:
    shared, alone = (sides[CostOf.RATIO][part]["value"] for part in (Part.SHARED, Part.ALONE))
    seen = "this layer among it" if taught["has_layer"] else "this layer not among it"
    return (
        f" What its predictor had learned from, {seen}, took {taught['seconds']:,.0f} s to record:"
        f" shared out over {taught['files']} files the factor is {shared:,.0f}, all of it charged"
        f" to this one {alone:,.1f}."
    )


def _behind(found: Figure) -> str:
    worst = found["worst"]
    return (
        f" The file's configs stand {(found['regret'] - 1) * 100:.1f}% behind the fastest"
        f" recorded, at most {(worst['regret'] - 1) * 100:.1f}% (M = {worst['tokens']:,})."
    )


def _reached(yes: bool, surely: bool = True) -> str:
    if not yes:
        return "not reached"
    return "reached" if surely else "reached by the estimate, its interval includes less"


SECTION = Section(
    "cost",
    about="what a file costs beside vLLM's own tuner",
    do="`graphx tune` instead of the runtime's tuner; it starts from what is recorded and "
    "stops by itself.",
    links={"cost": "What a file costs"},
    origins={
        "cost": [RUNS],
        "cost/tuned": [COST],
        "cost/training": [TRAINING],
        "cost/regret": [CELLS],
        "cost/recordings": [RECORDINGS],
        "gpus/*/cost": [COST],
        **{f"cost/{key}": [COST] for key in HEADLINES},
    },
    needs=(RECORDED,),
    build=build,
    readings=readings,
    captions={"cost": "Seconds to tune one config file, here and by the published method."},
    words={
        "cost_sides": {
            CostOf.UPSTREAM: "published method, compiling once a file",
            CostOf.UPSTREAM_COLD: "published method, compiling at each batch size",
        },
        "cost_factor": {CostOf.UPSTREAM: CostOf.RATIO, CostOf.UPSTREAM_COLD: CostOf.RATIO_COLD},
        "cost_parts": {
            Part.COMPILE: "compiling legal configs",
            Part.COMPILE_ILLEGAL: "compiling the others",
            Part.TIMING: "timing",
            Part.TOTAL: "all of it",
        },
        "cost_shares": {
            Part.TOTAL: "as timed",
            Part.SHARED: "with what taught the predictor, shared out over the GPU's files",
            Part.ALONE: "with all that taught the predictor",
        },
    },
)
