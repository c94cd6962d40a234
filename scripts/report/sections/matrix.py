"""The feature matrix: how many cells came to which end, and what each feature came to."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.device import short_name
from scripts.lib.schemas import matrix as schema
from scripts.report.gpus import beside, each, of_gpu
from scripts.report.rows import plain_rows
from scripts.report.section import (
    Browsable,
    Figure,
    Frame,
    Frames,
    Headline,
    Section,
    Summary,
    made,
)
from scripts.report.sections.datasets import RECORDED
from scripts.report.sections.provenance import RUNS

CELLS = made("matrix_cells", "matrix.judge", schema.MATRIX_CELLS)
LEVELS = made("matrix_levels", "matrix.judge", schema.MATRIX_LEVELS)
FEATURES = made("matrix_features", "matrix.judge", schema.MATRIX_FEATURES)
NUMBERS = made("matrix_numbers", "matrix.judge", schema.MATRIX_NUMBERS)
STEPS = made("matrix_steps", "matrix.judge", schema.MATRIX_STEPS)
CHECKS = made("matrix_checks", "matrix.judge", schema.MATRIX_CHECKS)
COMPARED = made("matrix_compared", "matrix.judge", schema.MATRIX_COMPARED)
SLOWED = made("matrix_slowed", "matrix.judge", schema.MATRIX_SLOWED)
PLANTED, NOTHING = "planted", "nothing beyond the noise of the boots"
# state -> in words
STATES = {
    "valid": "valid",
    "invalid": "INVALID: another path ran than was claimed",
    "not_supported": "not supported on this GPU",
    "path_only": "passed; its times are no result",
    "failed": "a level did not pass",
    "gated": "what it needs did not pass",
    "not_measured": "not reached",
}


# what was put into the later record -> in words
PLANTS = {
    "nothing": "this against the earlier record",
    "slower": "this against itself, all times longer",
    "heavier": "this against itself, all peaks higher",
}
TABLES = (CELLS, LEVELS, FEATURES, STEPS, CHECKS, COMPARED, SLOWED)


def matrix(read: Frames, device: str) -> Figure:
    """One GPU's ``cells`` and how many came to each state; planted ones apart, and how many of
    those are invalid; features; steps."""  # noqa: D205,D209
    read = {table.name: of_gpu(read[table.name], device) for table in TABLES}
    cells = read["matrix_cells"]
    own, planted = cells[cells["kind"] != PLANTED], cells[cells["kind"] == PLANTED]
    counts = own["state"].value_counts()
    every = {state: int(counts.get(state, 0)) for state in STATES}
    faults = planted["state"].value_counts()
    return {
        "cells": len(own),
        "criteria": criteria(read["matrix_features"]),
        **every,
        "planted_invalid": int(faults.get("invalid", 0)),
        "planted": planted_rows(planted, read["matrix_levels"]),
        "features": features(read["matrix_features"]),
        "checks": checked(read["matrix_checks"]),
        "compared": compared(read["matrix_compared"]),
        "slowed": slowed(read["matrix_slowed"]),
        "steps": steps(read["matrix_steps"], cells),
    }


def criteria(rows: Frame) -> Figure:
    """How many were ``judged``, and how many of them ``met``; how many stayed ``undecided``."""
    counts = rows["outcome"].value_counts()
    met = int(counts.get("met", 0))
    return {"judged": met + int(counts.get("not_met", 0)), "met": met,
            "undecided": int(counts.get("undecided", 0))}  # fmt: skip


def planted_rows(cells: Frame, levels: Frame) -> list[Figure]:
    """What was planted, in which engine, and what was found."""
    mine = levels[(levels["level"] == "regression") & (levels["word"] == "failed")]
    found = dict(zip(mine["cell"], mine["reason"], strict=True))
    return [
        {"cell": row["cell"], "state": row["state"],
         "found": _cell(row["reason"] or found.get(row["cell"], NOTHING))}
        for row in plain_rows(cells)
    ]  # fmt: skip


def _cell(text: str) -> str:
    """As a table's cell can hold it."""
    return " ".join(text.split()).replace("|", "/")[:200]


def checked(rows: Frame) -> list[Figure]:
    """What was planted into the baselines' numbers: how often that was judged, and was found."""
    judged = rows[rows["word"] != "not_measured"]
    return [
        {"model": str(model), "planted": str(planted), "judged": len(mine),
         "fired": int(mine["fired"].sum())}
        for (model, planted), mine in judged.groupby(["model", "planted"], sort=False)
    ]  # fmt: skip


def kind_of(metric: str) -> str:
    """Of a metric: what is compared, in words."""
    if metric == "peak_bytes":
        return "peaks of memory"
    return "the GPU's times" if metric.endswith("_gpu") else "times on the clock"


def compared(rows: Frame) -> list[Figure]:
    """``numbers`` that were compared, by what was put in and what they are of."""
    mine = rows[rows["change"] != "not_compared"]
    mine = mine.assign(what=mine["metric"].map(kind_of))
    return [
        {"planted": str(planted), "what": str(what), "numbers": len(own),
         "regressions": int((own["change"] == "regression").sum()),
         "better": int((own["change"] == "better").sum())}
        for (planted, what), own in mine.groupby(["planted", "what"], sort=False)
    ]  # fmt: skip


def slowed(rows: Frame) -> Figure:
    """``foretold``: the times that were, with what came of them; ``numbers`` of them, ``found`` of
    them as regressions. ``others``: the same engines' other times. ``again``: of the good setting's
    ``boots``, how many times of which kind were judged and called a regression."""  # noqa: D205,D209
    mine, again = rows[rows["slowed"]], rows[~rows["slowed"]]
    said = mine["foretold"].notna()
    return {
        "numbers": int(said.sum()), "found": int(mine[said]["found"].sum()),
        "foretold": [
            {"cell": row["cell"], **{name: row[name] for name in
             ("metric", "foretold", "ratio", "floor", "found")}}
            for row in plain_rows(mine[said])
        ],
        "others": {"numbers": int((~said).sum()), "found": int(mine[~said]["found"].sum())},
        "boots": int(again["cell"].nunique()),
        "again": [
            {"what": what, "numbers": len(own), "found": int(own["found"].sum())}
            for what, own in again.groupby(again["metric"].map(kind_of), sort=False)
        ],
    }  # fmt: skip


def features(rows: Frame) -> list[Figure]:
    """``name``, ``model``, ``criterion``, ``value`` over the baseline, ``limit``, ``outcome``."""
    return [
        {"name": row["feature"], "model": row["model"], "criterion": row["criterion"],
         "value": row["value"], "low": row["low"], "high": row["high"],
         "limit": row["limit"], "outcome": row["outcome"]}
        for row in plain_rows(rows)
    ]  # fmt: skip


def steps(rows: Frame, cells: Frame) -> list[Figure]:
    """The decode step of each baseline."""
    base = set(cells.loc[cells["kind"] == "baseline", "cell"])
    return [
        {name: value for name, value in row.items() if name != "device"}
        for row in plain_rows(rows)
        if row["cell"] in base
    ]


def listed(summary: Summary) -> list[tuple[str, Figure]]:
    """(GPU, its matrix), of those that have cells."""
    found = [(device, own.get("matrix", {})) for device, own in each(summary)]
    return [(device, own) for device, own in found if own.get("cells")]


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """What came of all cells of a GPU, in a sentence."""
    for device, found in listed(summary):
        yield _said(device, found)


def _said(device: str, found: Figure) -> str:
    slow = found["slowed"]
    real = (
        f" Engines slowed for real: {slow['found']} of {slow['numbers']} times that were foretold"
        " are called a regression."
    )
    return (
        f"{short_name(device)}, an engine's switches, each by itself and crossed:"
        f" {found['cells']} cells, of {found['valid']} the numbers count, {found['failed']} failed,"
        f" {found['not_supported']} not supported, {found['not_measured']} not reached,"
        f" {found['invalid']} INVALID (and of the planted ones {found['planted_invalid']});"
        f" criteria met: {found['criteria']['met']} of {found['criteria']['judged']} that were"
        f" decided, {found['criteria']['undecided']} were not.{real if slow['numbers'] else ''}"
    )


def browsed(numbers: Frame, cells: Frame) -> list[dict[object, object]]:
    """Every number of every cell, with its state."""
    states = cells[["device", "cell", "state"]]
    return plain_rows(numbers.merge(states, on=["device", "cell"], how="left", sort=False))


SECTION = Section(
    "matrix",
    about="what switches of vLLM's engine do, alone and crossed, and whether they did it",
    do="`graphx matrix` tries switches of yours on your GPU and ends with such pages.",
    origins={
        "matrix": [CELLS],
        "matrix/features": [FEATURES],
        "matrix/criteria": [FEATURES],
        "matrix/planted": [CELLS, LEVELS],
        "matrix/steps": [STEPS],
        "matrix/checks": [CHECKS],
        "matrix/compared": [COMPARED],
        "matrix/slowed": [SLOWED],
    },
    needs=(RECORDED, RUNS),
    build=lambda read: beside(read, lambda device: {"matrix": matrix(read, device)}),
    readings=readings,
    values=lambda summary: {"matrices": listed(summary)},
    words={"matrix_words": STATES, "matrix_plants": PLANTS},
    captions={
        "matrix": "Times of features, and of pairs of them, over the baseline's; bars are what"
        " boots of the baseline differ by: the host's time far more than the GPU's."
    },
    rows={"matrix_numbers": Browsable((NUMBERS, CELLS), browsed)},
    links={"matrix": "Feature matrix"},
)
