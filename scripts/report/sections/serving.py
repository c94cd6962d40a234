"""What configs are worth to who serves: a replay on the operator's record, and the law."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from scripts.lib.device import short_name
from scripts.lib.schemas import serving as schema
from scripts.report import wording
from scripts.report.estimates import estimated
from scripts.report.gpus import beside, each
from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Finding, Frame, Frames, Headline, Section, Summary, made
from scripts.report.sections.datasets import RECORDED
from scripts.report.sections.provenance import RUNS

REPLAY = made("replay", "serving.replay", schema.REPLAY)
LAW = made("law", "serving.law", schema.LAW)
_ALL = 0  # concurrency of all steps together


def serving(read: Frames, device: str) -> Summary:
    """``serving`` of one GPU: ``replay`` and ``law``, each if there is any."""
    replay, law = (read[name][read[name]["device"] == device] for name in ("replay", "law"))
    found: Figure = {}
    if len(replay):
        found["replay"] = replayed(replay)
    if len(law):
        found["law"] = laws(law)
    return {"serving": found} if found else {}


def replayed(rows: Frame) -> Figure:
    """``steps``; ``over`` each base: layers, tokens a second before and after, ``ratio``, rows; and
    what is said over the first of them, the committed file where there is one."""  # noqa: D205,D209
    whole = rows[rows["concurrency"] == _ALL]
    by_base = {
        str(base): over(some, rows[rows["before"] == base])
        for base, some in whole.groupby("before", sort=True)
    }
    first = next(iter(by_base.values()))
    kept = {name: first[name] for name in ("tokens_s", "ratio", "p95_ratio")}
    return {"steps": int(whole["steps"].max()), **kept, "over": by_base}


def over(whole: Frame, every: Frame) -> Figure:
    """All layers together, and each: tokens a second of one layer's operator."""
    seconds = {when: whole[f"{when}_us"].sum() / 1e6 for when in ("before", "after")}
    tokens = int(whole["tokens"].sum())
    return {
        "layers": len(whole),
        "tokens_s": {when: tokens / each for when, each in seconds.items()},
        "ratio": seconds["before"] / seconds["after"],
        "median": float(whole["ratio"].median()),
        "least": float(whole["ratio"].min()),
        "largest": float(whole["ratio"].max()),
        "p95_ratio": float(whole["p95_ratio"].median()),
        "rows": [_layer(row, every) for row in plain_rows(whole)],
    }


def _layer(row: Figure, every: Frame) -> Figure:
    mine = every[(every["shape"] == row["shape"]) & (every["concurrency"] != _ALL)]
    return {
        "shape": row["shape"],
        "ratio": estimated(row, "ratio", n="steps"),
        "tokens_s": {when: row["tokens"] * 1e6 / row[f"{when}_us"] for when in ("before", "after")},
        "median_ratio": row["median_ratio"], "p95_ratio": row["p95_ratio"],
        "slower": row["slower"],
        "levels": {str(one["concurrency"]): one["ratio"] for one in plain_rows(mine)},
    }  # fmt: skip


def laws(rows: Frame) -> Figure:
    """``lawful`` of the routing that is the same on both sides, if there is one, and its name; of
    each routing by ``by_routing``, without rows."""  # noqa: D205,D209
    found = {
        str(routing): lawful(some) | {"routing": str(routing)}
        for routing, some in rows.groupby("routing", sort=True)
    }
    short = {
        routing: {key: value for key, value in one.items() if key != "rows"}
        for routing, one in found.items()
    }
    every = [row for one in found.values() for row in one["rows"]]
    return {**next(iter(found.values())), "by_routing": short, "rows": every}


def lawful(rows: Frame) -> Figure:
    """``cells`` and ``within_1pp`` of them; the others, ``open`` where the intervals overlap, else
    ``further``; the first two of ``nulls``, and of those that ``moved`` by more than a point, where
    to foretell no change would not do; how far apart; the rows."""  # noqa: D205,D209
    apart = rows["apart"].abs()
    nulls = rows[rows["same"].astype(bool)]
    moved = rows[(rows["measured"] - 1).abs() > schema.WITHIN]
    kept = (
        "model",
        "batch",
        "routing",
        "config",
        "base",
        "same",
        "apart",
        "within",
        "open",
        "wall",
    )
    return {
        "cells": len(rows),
        "within_1pp": int(rows["within"].sum()),
        "open": int(rows["open"].sum()),
        "further": int((~rows["within"].astype(bool) & ~rows["open"].astype(bool)).sum()),
        "nulls": _within(nulls),
        "moved": _within(moved),
        "apart": {"median": float(np.median(apart)), "largest": float(apart.max())},
        "rows": [
            {name: row[name] for name in kept}
            | {"predicted": estimated(row, "predicted", ends="predicted_", n=None),
               "measured": estimated(row, "measured", n=None)}
            for row in plain_rows(rows)
        ],
    }  # fmt: skip


def _within(rows: Frame) -> Figure:
    return {"cells": len(rows), "within_1pp": int(rows["within"].sum())}


def served(summary: Summary) -> list[tuple[str, Figure]]:
    """(GPU, its part)."""
    return [(device, own["serving"]) for device, own in each(summary) if "serving" in own]


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """Of each GPU: the replay over what stands without our files, and how far the law holds."""
    for device, found in served(summary):
        name = short_name(device)
        if "replay" in found:
            said = "; ".join(
                f"over {base} {one['median']:.3f} in the median of {one['layers']} layers, from"
                f" {one['least']:.3f} to {one['largest']:.3f}"
                for base, one in found["replay"]["over"].items()
            )
            yield (
                f"{name}, {found['replay']['steps']:,} steps of a server replayed on the operator's"
                f" record of each layer: its tokens a second under our rows {said}."
            )
        if "law" in found:
            law = found["law"]
            yield (
                f"{name}, the engine's step predicted from the operator: within a percentage point"
                f" on {wording.share(law['within_1pp'], law['cells'])} of {law['cells']} cells,"
                f" further apart with intervals that overlap on {law['open']}, without on"
                f" {law['further']};"
                f" {100 * law['apart']['median']:.2f} points apart in the median, at most"
                f" {100 * law['apart']['largest']:.2f}."
            )


# What a file stands against -> in words, what most readers have first.
BASES = {"default": "no file", "committed": "vLLM's own file"}


def by_base(found: Figure) -> list[tuple[str, Figure]]:
    """(what it stands against in words, figures), where there are any."""
    return [(words, found[base]) for base, words in BASES.items() if base in found]


def found(summary: Summary) -> Iterator[Finding]:
    """What chosen rows are worth in a server's steps, and whether the engine's step follows."""
    for device, part in served(summary):
        gpu = short_name(device)
        if bases := part.get("replay", {}).get("over"):
            said = "; ".join(
                f"over {words} {one['median']:.3f} in the median of {one['layers']} layers, from"
                f" {one['least']:.3f} to {one['largest']:.3f}"
                for words, one in by_base(bases)
            )
            yield Finding(
                f"Files chosen under vLLM's operator ({gpu})",
                f"tokens a second of one layer's operator in a server's steps, replayed: {said}",
                "worth",
            )
        if law := part.get("law"):
            yield Finding(
                "From the operator to the engine",
                f"a decode step on the {gpu}, predicted from the operator alone, is within a"
                f" percentage point {_lawful(law)}",
                "sure",
            )


def _lawful(law: Figure) -> str:
    """Of every routing, and of the cells where to foretell no change would not do."""
    said = "; ".join(
        f"on {one['within_1pp']} of {one['cells']} cells with {routing} routing"
        + (f" (not told from it on {one['open']} more)" if one["open"] else "")
        for routing, one in law["by_routing"].items()
    )
    moved = law["moved"]
    return (
        f"{said}; of the {moved['cells']} {law['routing']} ones that changed by more, on"
        f" {moved['within_1pp']}"
    )


def values(summary: Summary) -> dict[str, Any]:
    """What the templates show."""
    return {"serving_of": served(summary)}


SECTION = Section(
    "serving",
    about="a server's steps replayed on the operator's record, and the engine's step "
    "predicted from it",
    origins={"serving/replay": [REPLAY], "serving/law": [LAW]},
    needs=(RECORDED, RUNS),
    build=lambda read: beside(read, lambda device: serving(read, device)),
    found=found,
    do="expect of a whole step the operator's gain times the share that it has of the step.",
    readings=readings,
    values=values,
    links={"serving": "Served, replayed"},
)
