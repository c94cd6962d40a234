"""How well graphx-sim orders configs that it never saw measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.judging.bands import NEAR
from scripts.lib.schemas import sim as schema
from scripts.report import wording
from scripts.report.rows import by_cell, plain_rows
from scripts.report.section import Browsable, Figure, Frame, Headline, Rows, Section, Summary, made

RATES = made("sim_rates", "sim.evaluate", schema.SIM_RATES)
CELLS = made("sim_cells", "sim.evaluate", schema.SIM_CELLS)
# K of the regrets, and the one that the figure to reach is about.
TOPS = ("1", "4", "8", "16")
TOP = "8"
TO_REACH = 0.95  # of cells
ALL = "all"  # the scheme of a reading over all schemes
# The reading that stands for a GPU: the whole model, on layers that it never saw.
DATASET, HELD_OUT, MODEL = "learned_from", "layer", "corrected"
HARDER = "stamped"
MODELS = {
    "corrected": "as graphx-sim ranks",
    "corrected_plain": "by predicted latency alone",
    "analytical": "by its equations alone",
    "chance": "random order",
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


def predicted_rows(sim_cells: Frame) -> Rows:
    """One row per cell: how the whole model, which never saw its layer, orders its configs."""
    for name, wanted in (("dataset", DATASET), ("held_out", HELD_OUT), ("model", MODEL)):
        sim_cells = sim_cells[sim_cells[name] == wanted]
    return plain_rows(by_cell(sim_cells))


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """Two sentences per GPU: what is reached beside what was to be, and how far it carries."""
    for device, section in summary.get("sim", {}).items():
        name = short_name(device)
        yield _reached(name, section)
        yield from _farther(name, section["readings"])


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


def _farther(device: str, readings: Figure) -> list[str]:
    """What was predicted before the measurement, by the model of that day."""
    harder = readings[DATASET].get(HARDER, {}).get(ALL, {}).get(MODEL)
    if harder is None:
        return []
    return [
        f"{device}, predictions that stood on the plan before the cells were measured: within 2% on"
        f" {wording.share(harder['top_regret'][TOP]['within_2'])} of {harder['cells']} cells,"
        f" rank correlation {harder['spearman']['median']:.3f} (median)."
    ]


SECTION = Section(
    "sim",
    origins={"sim": [RATES]},
    build=lambda read: {"sim": sim(read["sim_rates"])},
    readings=readings,
    values=lambda summary: {
        "readings": {name: listed(found) for name, found in summary["sim"].items()}
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
        }
    },
    captions={
        "sim": "Left: predicted against measured latency. Right: share of cells by the regret of"
        " the best among the first predicted."
    },
    rows={"predicted": Browsable((CELLS,), predicted_rows)},
    links={"sim": "graphx-sim"},
)
