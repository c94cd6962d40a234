"""Sections of the summary on searches on the GPU itself, and on layers tuned with one command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from scripts.lib.schemas.headline import Choice
from scripts.lib.schemas.live import ANY, TOGETHER

Section = dict[str, Any]
SPEEDUP = "speedup_winners"
_QUARTILES = {f"{SPEEDUP}_{name}": name for name in ("median", "q1", "q3")}
_GROUPS = {"scheme": "schemes", "regime": "regimes"}
_LOSS = (
    "cell_id", "source", "trials", "ended", "final_id", "committed_id", "final_ratio", "cause",
)  # fmt: skip


def live(rates: pd.DataFrame) -> Section:
    """``["SRC->DST"]``: n, rates and speed-up of what the finals chose; ``schemes`` hold the same.

    ``fastest``: of the fastest trial, before the finals. ``rates``: LIVE_RATES.
    """
    single = rates[~rates["source"].isin([TOGETHER, ANY])]
    return {
        f"{source}->{device}": _reading(rows)
        for (source, device), rows in single.groupby(["source", "device"], sort=True)
    }


def live_details(rates: pd.DataFrame, losses: pd.DataFrame) -> Section:
    """By device: ``together`` (one search from all sources), ``any`` (all triples), ``losses``."""
    return {
        str(device): {
            **{name: _reading(rows[rows["source"] == name]) for name in (TOGETHER, ANY)},
            "losses": _losses(losses[losses["cell_id"].str.startswith(f"{device}/")]),
        }
        for device, rows in rates.groupby("device", sort=True)
    }


def _reading(rows: pd.DataFrame) -> Section:
    whole = rows[rows["group"] == "all"]
    section = _figures(whole[whole["choice"] == Choice.SEARCHED])
    section["fastest"] = _figures(whole[whole["choice"] == Choice.FASTEST])
    for group, name in _GROUPS.items():
        parts = rows[rows["group"] == group]
        if len(parts):
            section[name] = {
                str(which): _figures(part) for which, part in parts.groupby("which", sort=True)
            }
    return section


def _figures(rows: pd.DataFrame) -> Section:
    """Every metric of one class; the speed-up's quartiles below it."""
    out: Section = {}
    for row in rows.to_dict("records"):
        figure = {
            "mean": float(row["value"]),
            "ci": [float(row["low"]), float(row["high"])],
            "n": int(row["n"]),
            "files": int(row["files"]),
            "held": bool(row["held"]),
        }
        if row["metric"] in _QUARTILES:
            out.setdefault(SPEEDUP, {})[_QUARTILES[row["metric"]]] = figure
        elif row["metric"] == SPEEDUP:
            out.setdefault(SPEEDUP, {}).update(figure)
        else:
            out[str(row["metric"])] = figure
    return {"n": out["win"]["n"], **out}


def _losses(rows: pd.DataFrame) -> Section:
    """How many searches on how many cells, by cause, and each of them."""
    plain = rows.astype(object).where(rows.notna(), None)
    return {
        "searches": len(rows),
        "cells": int(rows["cell_id"].nunique()),
        "causes": {str(name): int(n) for name, n in rows["cause"].value_counts().items()},
        "rows": plain[list(_LOSS)].to_dict("records"),
    }


def tuned(batches: pd.DataFrame, costs: pd.DataFrame) -> Section:
    """By run: what it took, and ``rows``, one a batch size. From TUNED and TUNED_COST."""
    plain = batches.astype(object).where(batches.notna(), None)
    every = costs.astype(object).where(costs.notna(), None).sort_values("run")
    return {
        str(row["run"]): {name: value for name, value in row.items() if name != "run"}
        | {"rows": plain[plain["run"] == row["run"]].drop(columns="run").to_dict("records")}
        for row in every.to_dict("records")
    }


def source_rows(summary: Section, found: Section) -> Iterator[tuple[str, Section]]:
    """Name and figures: all sources together, the triples of any, each source by its triples.

    ``found``: one device of ``live_details``.
    """
    yield "all together", found["together"]
    yield "any, by itself", found["any"]
    live = summary["live"]
    for pair in sorted(live, key=lambda name: (-live[name]["n"], name)):
        yield pair.partition("->")[0], live[pair]
