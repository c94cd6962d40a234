"""How well graphx-sim orders configs that it never saw measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.judging.bands import NEAR
from scripts.lib.schemas import sim as schema
from scripts.lib.schemas.sim import Group
from scripts.report import wording
from scripts.report.rows import by_cell, plain_rows
from scripts.report.section import (
    Browsable,
    Figure,
    Frame,
    Frames,
    Headline,
    Rows,
    Section,
    Summary,
    find,
    made,
)

RATES = made("sim_rates", "sim.evaluate", schema.SIM_RATES)
CELLS = made("sim_cells", "sim.evaluate", schema.SIM_CELLS)
ERRORS = made("sim_errors", "sim.errors", schema.SIM_ERRORS)
# K of the regrets, and the one that the figure to reach is about.
TOPS = ("1", "4", "8", "16")
TOP = "8"
TO_REACH = 0.95  # of cells
ALL = "all"  # the scheme of a reading over all schemes
# The reading that stands for a GPU: the whole model, on layers that it never saw.
DATASET, HELD_OUT, MODEL = "learned_from", "layer", "corrected"
HARDER = "stamped"
_QUANTITIES = ("spearman", "error", "error_p95", "within_2_8")
MODELS = {
    "corrected": "as graphx-sim ranks",
    "corrected_plain": "by predicted latency alone",
    "analytical": "by its equations alone",
    "chance": "random order",
}
# What had taught -> in words, and the cells, in the order of the table of errors.
TAUGHT = {
    "stamped": "the model of that day",
    "layer_out": "layer out",
    "family_out": "family out",
    "gpu_out": "GPU out",
}
GROUPS = {
    Group.STAMPED: "predicted before",
    Group.KNOWN_FORMAT: "… number formats that the model knew",
    Group.NEW_FORMAT: "… number formats new to it",
    Group.NEW_FAMILY: "… model families new to it",
    Group.FEW: "predicted before, few configs measured",
    Group.RECORDED: "every complete cell",
}
DATASETS = {"learned_from": "first recording", "repeat": "second recording"}


def sim(rates: Frame) -> Figure:
    """Per GPU: rank correlation and regret of the first K; every reading under ``readings``.

    ``rates``: SIM_RATES. ``readings`` is [dataset][held_out][scheme][model]. InputError if a GPU
    lacks the headline's reading.
    """
    out: Figure = {}
    keys = ["device", "dataset", "held_out", "scheme", "model"]
    for key, rows in rates.groupby(keys, sort=True):
        device, dataset, held_out, scheme, model = (str(part) for part in key)
        section = out.setdefault(device, {"readings": {}})
        by_split = section["readings"].setdefault(dataset, {}).setdefault(held_out, {})
        by_split.setdefault(scheme, {})[model] = _reading(rows)
    for device, section in out.items():
        section.update(_headline(device, section["readings"]))
    return out


def errors(table: Frame) -> Figure:
    """Per GPU ``errors`` [group][taught] over all schemes, ``by_scheme`` [scheme][taught].

    ``table``: SIM_ERRORS.
    """
    out: Figure = {}
    for row in plain_rows(table):
        section = out.setdefault(row["device"], {"errors": {}, "by_scheme": {}})
        found = {name: row[name] for name in ("cells", "layers", *_QUANTITIES)}
        found["models"] = row["models"].split(", ") if row["models"] else []
        if row["scheme"] == schema.ALL_SCHEMES:
            section["errors"].setdefault(row["group"], {})[row["taught"]] = found
        else:
            section["by_scheme"].setdefault(row["scheme"], {})[row["taught"]] = found
    return out


def _build(read: Frames) -> Summary:
    found = sim(read["sim_rates"])
    for device, off in errors(read["sim_errors"]).items():
        found.setdefault(device, {}).update(off)
    return {"sim": found}


def _headline(device: str, readings: Mapping[str, Any]) -> Figure:
    found = readings.get(DATASET, {}).get(HELD_OUT, {}).get(ALL, {}).get(MODEL)
    if found is None:
        raise InputError(
            f"sim_rates: {device} has no row of {DATASET}, {HELD_OUT}, {MODEL} for scheme {ALL};"
            " evaluate the model again"
        )
    return dict(found)


def _reading(rows: Frame) -> Figure:
    by_quantity: dict[Any, Any] = rows.set_index("quantity").to_dict("index")
    rank, error = by_quantity["spearman"], by_quantity["error"]
    tops = {top: by_quantity[f"regret_{top}"] for top in TOPS}
    return {
        "cells": int(rank["cells"]),
        "spearman": {"median": float(rank["median"]), "p5": float(rank["p5"])},
        "error": {"median": float(error["median"]), "p95": float(error["p95"])},
        "top_regret": {
            top: {
                "median": float(row["median"]),
                "p95": float(row["p95"]),
                "mean": float(row["mean"]),
                "within_2": float(row["within"]),
            }
            for top, row in tops.items()
        },
    }


def listed(section: Figure) -> list[tuple[str, str, str, str, Figure]]:
    """(dataset, held out, scheme, model, figures) of every reading of one GPU's simulator.

    The reading that stands for the GPU comes first, then what it is compared with.
    """
    found = section["readings"]
    return [
        (dataset, held_out, scheme, model, found[dataset][held_out][scheme][model])
        for dataset in sorted(found, key=list(DATASETS).index)
        for held_out in sorted(found[dataset], key=(HELD_OUT, HARDER).index)
        for scheme in sorted(found[dataset][held_out], key=lambda name: (name != ALL, name))
        for model in sorted(found[dataset][held_out][scheme], key=list(MODELS).index)
    ]


def off(section: Figure) -> list[tuple[str, str, Figure]]:
    """(cells, what taught, how far off), in words; the same cells stand together."""
    found = section.get("errors", {})
    return [
        (words, TAUGHT[taught], found[group][taught])
        for group, words in GROUPS.items()
        for taught in TAUGHT
        if taught in found.get(group, {})
    ]


def predicted_rows(sim_cells: Frame) -> Rows:
    """One row per cell: how the whole model, which never saw its layer, orders its configs."""
    for name, wanted in (("dataset", DATASET), ("held_out", HELD_OUT), ("model", MODEL)):
        sim_cells = sim_cells[sim_cells[name] == wanted]
    return plain_rows(by_cell(sim_cells))


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """Per GPU: what is reached beside what was to be, and how far it carries."""
    for device, section in summary.get("sim", {}).items():
        name = short_name(device)
        yield _reached(name, section)
        yield from _farther(name, section)


def _reached(device: str, section: Figure) -> str:
    models = section["readings"][DATASET][HELD_OUT][ALL]
    found = section["top_regret"][TOP]["within_2"]
    verdict = "reached" if found >= TO_REACH else "not reached"
    text = (
        f"{device}, layers that graphx-sim never saw: the best of its first {TOP} is within 2% of"
        f" the cell's best on {wording.share(found)} of {section['cells']} cells (to reach:"
        f" {wording.share(TO_REACH)}; {verdict})"
    )
    others = [
        f"{words} {wording.share(models[name]['top_regret'][TOP]['within_2'])}"
        for name, words in MODELS.items()
        if name in models and name != MODEL
    ]
    by_scheme = [
        f"{scheme} {wording.share(found[MODEL]['top_regret'][TOP]['within_2'])} of"
        f" {found[MODEL]['cells']}"
        for scheme, found in section["readings"][DATASET][HELD_OUT].items()
        if scheme != ALL
    ]
    return "; ".join([text, *others]) + f". By number formats: {', '.join(by_scheme)}."


def _farther(device: str, section: Figure) -> Iterator[str]:
    """The family left out as well; what was predicted before the measurement."""
    found = section.get("errors", {})
    near = {name: one.get("within_2_8") for name, one in found.get(Group.RECORDED, {}).items()}
    if near.get("family_out") is not None:
        yield (
            f"{device}, layers whose whole model family graphx-sim never saw: the best of its"
            f" first {TOP} is within 2% on {wording.share(near['family_out'])} of the cells (layer"
            f" out {wording.share(near['layer_out'])})."
        )
    if stood := found.get(Group.STAMPED):
        yield _stood(device, found, stood)


def _stood(device: str, found: Figure, stood: Figure) -> str:
    then = stood[schema.OF_THAT_DAY]
    parts = [
        f"{words} {wording.share(one['within_2_8'])} of {one['cells']}"
        for group, words in (
            (Group.KNOWN_FORMAT, "of number formats that the model knew"),
            (Group.NEW_FORMAT, "of formats new to it"),
        )
        if (one := find(found, f"{group}/{schema.OF_THAT_DAY}"))
    ]
    return (
        f"{device}, predictions that stood on the plan before the cells were measured: within 2% on"
        f" {wording.share(then['within_2_8'])} of {then['cells']} cells, rank correlation"
        f" {then['spearman']:.3f} (median); the same cells cross-validated, layer out,"
        f" {wording.share(stood['layer_out']['within_2_8'])}. {'; '.join(parts).capitalize()}."
    )


SECTION = Section(
    "sim",
    about="how well latency is predicted before anything runs",
    do="`graphx sim rank` orders configs for a GPU before anything runs; trust it as far as "
    "this page says.",
    origins={"sim": [RATES], "sim/*/errors": [ERRORS], "sim/*/by_scheme": [ERRORS]},
    build=_build,
    readings=readings,
    values=lambda summary: {
        "readings": {name: listed(found) for name, found in summary["sim"].items()},
        "errors": {name: off(found) for name, found in summary["sim"].items()},
    },
    words={
        "sim_words": {
            "TOPS": TOPS,
            "TOP": TOP,
            "NEAR": NEAR,
            "TO_REACH": TO_REACH,
            "ALL": ALL,
            "MODELS": MODELS,
            "DATASETS": DATASETS,
            "TAUGHT": TAUGHT,
        }
    },
    captions={
        "sim": "Left: predicted against measured latency. Right: share of cells by the regret of"
        " the best among the first predicted."
    },
    rows={"predicted": Browsable((CELLS,), predicted_rows)},
    links={"sim": "graphx-sim"},
)
