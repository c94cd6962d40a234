"""Where the GPU was power-limited or not steady, and what the searches come to apart from there."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.device import short_name
from scripts.lib.schemas import states as schema
from scripts.lib.schemas.live import ANY, TOGETHER
from scripts.lib.schemas.states import Power, Shown, Steadiness, Unprobed
from scripts.report import wording
from scripts.report.section import Figure, Frame, Headline, Section, Summary, find, made

STATES = made("states", "statistics.states", schema.STATES)
# classes of LIVE_RATES -> in words, in the order of the table
APART: dict[str, dict[str, str]] = {
    "power": {
        Power.FREE: "not power-limited",
        Power.LIMITED: "power-limited",
        Power.UNKNOWN: "unknown whether power-limited",
    },
    "steadiness": {
        Steadiness.STEADY: "steady",
        Steadiness.DRIFTED: "drifted",
        Steadiness.UNPROBED: "unprobed",
    },
}
# In words for the parts of the headline.
PARTS = {str(state): words for some in APART.values() for state, words in some.items()}
SEARCHES = {TOGETHER: "all together", ANY: "any, by itself"}
LARGE = 1024  # tokens from which the sentence speaks


def states(table: Frame) -> Figure:
    """``[device]``: ``recordings`` by dataset and ``tokens`` by M, each how many cells are what."""
    return {
        str(device): {
            "recordings": {
                str(name): _counts(part) for name, part in rows.groupby("dataset", sort=True)
            },
            "tokens": {
                f"{tokens}": _counts(part) | _apart(part)
                for tokens, part in rows.groupby("tokens", sort=True)
            },
        }
        for device, rows in table.groupby("device", sort=True)
    }


def _counts(rows: Frame) -> Figure:
    return {
        "cells": len(rows),
        **{
            column: {str(word): int((rows[column] == word).sum()) for word in words}
            for column, words in (
                ("power", Power),
                ("shown_by", Shown),
                ("steadiness", Steadiness),
                ("unprobed_by", Unprobed),
            )
        },
    }


def _apart(rows: Frame) -> Figure:
    """How finals stand to the sweep of the same configs: median, spread between and in cells."""
    import numpy as np  # noqa: PLC0415 - slow to import, and rules read the sections too

    finals = rows["finals"].dropna()
    return {
        "finals": float(finals.median()),
        "between": float(np.log(finals).std()),
        "within": float(rows["apart"].median()),
    }


def by_size(found: Figure) -> list[tuple[str, Figure]]:
    """Batch sizes and their counts, ascending."""
    return sorted(found.items(), key=lambda one: int(one[0]))


def apart(summary: Summary) -> list[tuple[str, str, str, Figure]]:
    """(GPU, whose searches, state in words, its figures) of the searches on each GPU."""
    return [
        (device, said, words, part)
        for device, found in summary.get("live_details", {}).items()
        for name, said in SEARCHES.items()
        for group, states_of in APART.items()
        for state, words in states_of.items()
        if (part := find(found, f"{name}/{group}/{state}"))
    ]


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """How much of the cells is power-limited, and how often searches win there and elsewhere."""
    for device, found in summary.get("states", {}).items():
        sizes = [one for tokens, one in found["tokens"].items() if int(tokens) >= LARGE]
        if sizes:
            yield _limited(short_name(device), sizes)
        by_power = find(summary, f"live_details/{device}/{ANY}/power") or {}
        if {Power.LIMITED, Power.FREE} <= set(by_power):
            yield _won(short_name(device), by_power)


def _limited(device: str, sizes: list[Figure]) -> str:
    cells = sum(one["cells"] for one in sizes)
    limited = sum(one["power"][Power.LIMITED] for one in sizes)
    return (
        f"{device}: from {LARGE:,} tokens on the GPU was power-limited on"
        f" {wording.share(limited / cells)} of {cells:,} recorded cells."
    )


def _won(device: str, found: Figure) -> str:
    limited, free = (found[state] for state in (Power.LIMITED, Power.FREE))
    return (
        f"{device}, S1-S8 from one source at a time: where the GPU was power-limited"
        f" {wording.per_cent(limited['win_widened'])} of {limited['n']:,} triples are won and"
        f" {wording.per_cent(limited['non_inferior_widened'])} shown non-inferior, elsewhere"
        f" {wording.per_cent(free['win_widened'])} and"
        f" {wording.per_cent(free['non_inferior_widened'])} of {free['n']:,}."
    )


SECTION = Section(
    "states",
    about="cells measured at the power limit, or while the GPU drifted",
    do="do not compare configs at large M across runs with different pauses.",
    origins={"states": [STATES]},
    build=lambda read: {"states": states(read["states"])},
    readings=readings,
    values=lambda summary: {"judged_apart": apart(summary), "by_size": by_size},
    words={"state_parts": PARTS},
    phrases={f"from {LARGE:,} tokens on the GPU was": "part of a definition"},
    links={"states": "Power and drift"},
)
