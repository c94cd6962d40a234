"""Section of the summary on how well graphx-sim orders configs that it never saw measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from scripts.lib.files import InputError
from scripts.report.sim_words import ALL, DATASET, HELD_OUT, MODEL, TOPS

Section = dict[str, Any]


def sim(rates: pd.DataFrame) -> Section:
    """Per GPU: rank correlation and regret of the first K; every reading under ``readings``.

    ``rates``: SIM_RATES. ``readings`` is [dataset][held_out][scheme][model]. InputError if a GPU
    lacks the headline's reading.
    """
    out: Section = {}
    keys = ["device", "dataset", "held_out", "scheme", "model"]
    for key, rows in rates.groupby(keys, sort=True):
        device, dataset, held_out, scheme, model = (str(part) for part in key)
        section = out.setdefault(device, {"readings": {}})
        by_split = section["readings"].setdefault(dataset, {}).setdefault(held_out, {})
        by_split.setdefault(scheme, {})[model] = _reading(rows)
    for device, section in out.items():
        section.update(_headline(device, section["readings"]))
    return out


def _headline(device: str, readings: Mapping[str, Any]) -> Section:
    found = readings.get(DATASET, {}).get(HELD_OUT, {}).get(ALL, {}).get(MODEL)
    if found is None:
        raise InputError(
            f"sim_rates: {device} has no row of {DATASET}, {HELD_OUT}, {MODEL} for scheme {ALL};"
            " evaluate the model again"
        )
    return dict(found)


def _reading(rows: pd.DataFrame) -> Section:
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
