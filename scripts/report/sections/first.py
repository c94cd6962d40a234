"""What the first screen says, by who reads it: a finding a line, and where its evidence stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from scripts.lib.device import short_name
from scripts.lib.schemas.cold import NONE
from scripts.report.section import Figure, Finding, Section, Summary, find
from scripts.report.sections import (
    agreement,
    cold,
    engine,
    evidence,
    expected,
    foreseen,
    health,
    serving,
    teaching,
    tuning,
)
from scripts.report.sections.margins import QUOTED, SOURCES, level

STARTED = 2  # GPUs that a search is started from, beside none
# Whose findings stand on the first page, in this order; each finding says in which group, if any.
ORDER = (
    expected, tuning, health, agreement, serving, engine, evidence, foreseen, cold, teaching,
)  # fmt: skip


def grouped(summary: Summary) -> dict[str, list[tuple[str, Finding]]]:
    """Of each group the findings, with the section that has the evidence."""
    groups: dict[str, list[tuple[str, Finding]]] = {"worth": [], "sure": [], "search": []}
    for module in ORDER:
        section: Section = module.SECTION
        for one in section.found(summary):
            if one.group:
                groups[one.group].append((section.name, one))
    return groups


def pairs(summary: Summary) -> Iterator[Figure]:
    """Of each pair: what is shown of ``copied`` and ``searched`` configs, the search's trials."""
    margin = level(summary["statistics"]["margin"])
    sources = dict.fromkeys((*SOURCES, *summary["measured"]))
    for device, source in product(summary["measured"], sources):
        pair = f"{source}->{device}"
        choices, own = summary["margins"].get(pair, {}), summary["live"].get(pair)
        if own is None or not {"copied", "searched"} <= set(choices):
            continue
        shown = {name: choices[name][QUOTED][margin] for name in ("copied", "searched")}
        yield {"source": source, "device": device, "trials": own["trials"], **shown}


def replays(summary: Summary) -> Iterator[Figure]:
    """``[device, known, cells, first, eight]`` of searches replayed, with ``trials`` to 2% where
    they were read off; from all that was recorded but the layer to nothing at all."""  # noqa: D205,D209
    cold_found = summary.get("cold", {})
    searched = {key.split("->")[1]: None for key in cold_found}
    for device in dict.fromkeys((*summary["teaching"], *searched)):
        for out, known in (
            ("layer_out", "all but the layer itself (layer out)"),
            ("family_out", "… nor its model family (family out)"),
        ):
            found = find(summary["teaching"], f"{device}/{out}/{teaching.ONE_SOURCE}")
            if found is None:
                continue
            yield {
                "device": device,
                "known": known,
                "cells": found["regret_1"]["n"],
                "first": found["regret_1"],
                "eight": found["regret_8"],
                "trials": [found["trials_median"], found["trials_p95"]],
            }
        if one := cold_found.get(f"{NONE}->{device}"):
            yield {
                "device": device,
                "known": "nothing (GPU out)",
                "cells": one["n"],
                "first": one["K"]["1"],
                "eight": one["eight"],
                "trials": [],
            }
        yield from started(summary, device)


def started(summary: Summary, device: str) -> Iterator[Figure]:
    """As ``replays``, on a GPU of which figures were registered: by the GPU that is started from.

    Recorded GPUs first, then those with files of most of the cells, ``STARTED`` in all.
    """
    if device not in summary.get("registered", {}):
        return
    pairs = {key.split("->")[0]: one for key, one in summary.get("cold", {}).items()
             if key.endswith(f"->{device}") and not key.startswith(f"{NONE}->")}  # fmt: skip
    order = sorted(
        pairs, key=lambda name: (name not in summary["measured"], -pairs[name]["n"], name)
    )
    for name in order[:STARTED]:
        yield {
            "device": device,
            "known": f"nothing (GPU out), from the file of {short_name(name)}",
            "cells": pairs[name]["n"],
            "first": pairs[name]["K"]["1"],
            "eight": pairs[name]["eight"],
            "trials": [],
        }


def values(summary: Summary) -> Mapping[str, Any]:
    """What the templates show."""
    return {
        "first_pairs": list(pairs(summary)),
        "first_replays": list(replays(summary)),
        "first_findings": grouped(summary),
    }


SECTION = Section("first", values=values)
