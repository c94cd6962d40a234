"""What tuning a config file costs, here and by the published method, and what recording did."""

from __future__ import annotations

from typing import Any

from scripts.lib.schemas import recorded as schema
from scripts.lib.schemas.recorded import CostOf
from scripts.report.estimates import merged, number
from scripts.report.gpus import beside, of_gpu
from scripts.report.section import Figure, Frame, Frames, Headline, Section, Summary, made
from scripts.report.sections.datasets import RECORDED
from scripts.report.sections.provenance import RUNS

COST = made("cost", "statistics.cost", schema.COST)
TOTAL = "total"
SECONDS, FACTOR = 180.0, 300.0  # to reach: seconds for a file, factor to the published method
# Key of the summary -> whose total it is.
HEADLINES = {
    "gpu_seconds_18_batches": CostOf.GRAPHX,
    "upstream_gpu_seconds_18_batches": CostOf.UPSTREAM,
    "upstream_gpu_seconds_18_batches_cached": CostOf.UPSTREAM_CACHED,
    "ratio": CostOf.RATIO,
    "ratio_cached": CostOf.RATIO_CACHED,
}


def build(read: Frames) -> Summary:
    """What the first dataset cost to record, each of them, and what tuning a file costs."""
    recordings, rows = read["runs"], read["cost"]
    spent = {recording.dataset: recording.spent() for recording in recordings}
    recorded = {"cost": recordings[0].cost() | {"datasets": spent} | tuned(rows)}
    return merged(recorded, beside(read, lambda device: totals(of_gpu(rows, device))))


def totals(rows: Frame) -> Figure:
    """One GPU's totals as plain figures; nothing without rows of COST."""
    found = rows[rows["part"] == TOTAL].set_index("what")["value"]
    if found.empty:
        return {}
    return {"cost": {key: float(found[what]) for key, what in HEADLINES.items()}}


def tuned(rows: Frame) -> Figure:
    """All rows of COST by GPU and layer, under ``tuned``; nothing without any."""
    tuned: Figure = {}
    for row in rows.to_dict("records"):
        name = f"{row['device']}/{row['shape_id']}"
        entry = tuned.setdefault(name, {"batches": int(row["batches"])})
        entry.setdefault(str(row["what"]), {})[str(row["part"])] = _figure(row)
    return {"tuned": tuned} if tuned else {}


def _figure(row: dict[Any, Any]) -> Figure:
    """``{value, configs}``, of what was sampled with the interval and the number of samples."""
    figure = {"value": float(row["value"]), "configs": int(row["configs"])}
    if number(row["samples"]) is None:
        return figure
    return figure | {"ci": [float(row["low"]), float(row["high"])], "n": int(row["samples"])}


def readings(summary: Summary, _: Headline) -> list[str]:
    """What tuning a file costs beside the published method, against the figures to reach."""
    found = summary.get("cost", {})
    if "gpu_seconds_18_batches" not in found:
        return []
    seconds, ratio, cached = (
        found[name] for name in ("gpu_seconds_18_batches", "ratio", "ratio_cached")
    )
    first = next(iter(found["tuned"].values()))
    low, high = first[CostOf.RATIO]["total"]["ci"]
    return [
        f"Tuning one config file of 18 batch sizes took {seconds:,.0f} s on one GPU, compiling"
        f" included (to reach: {SECONDS:.0f} s; {_reached(seconds <= SECONDS)}). The published"
        f" method, sampled and scaled, takes {ratio:,.0f} times that ({low:,.0f}–{high:,.0f}; to"
        f" reach: {FACTOR:.0f}; {_reached(ratio >= FACTOR, low >= FACTOR)}), {cached:,.0f} times if"
        " its compiler finds every binary again from the second batch size on."
    ]


def _reached(yes: bool, surely: bool = True) -> str:
    if not yes:
        return "not reached"
    return "reached" if surely else "reached by the estimate, its interval includes less"


SECTION = Section(
    "cost",
    origins={
        "cost": [RUNS],
        "cost/tuned": [COST],
        "gpus/*/cost": [COST],
        **{f"cost/{key}": [COST] for key in HEADLINES},
    },
    needs=(RECORDED,),
    build=build,
    readings=readings,
    captions={"cost": "Seconds to tune one config file, here and by the published method."},
)
