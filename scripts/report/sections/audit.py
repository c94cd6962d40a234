"""Tuners put to the test: the probes by injected faults, a steady choice, real tuners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.lib.device import short_name
from scripts.lib.schemas import audit as schema
from scripts.report import wording
from scripts.report.estimates import estimated
from scripts.report.gpus import beside, each, of_gpu
from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Frame, Frames, Headline, Section, Summary, made
from scripts.report.sections.datasets import RECORDED
from scripts.report.sections.provenance import RUNS

INJECTED = made("injected", "audit.injected", schema.INJECTED)
STEADY = made("steady_rates", "audit.steady", schema.STEADY_RATES)
INJECTED_SPLIT = made("injected_split", "audit.injected", schema.INJECTED_SPLIT)
STEADY_SPLIT = made("steady_split", "audit.steady", schema.STEADY_SPLIT)
GRID = made("grid", "audit.real", schema.GRID)
FINDINGS = made("findings", "audit.real", schema.FINDINGS)
NONE, ANY = "none", "any"
RACE, ARGMIN = "race", "argmin"
WAYS = {RACE: "race", ARGMIN: "fastest of one timing each"}
FOUND = "found"
_CELL = (
    "ep", "tokens", "pick_first", "pick_second", "margin_first", "margin_second", "flips_first",
    "flips_second", "parity", "matched", "word",
)  # fmt: skip
# tuner -> in words
TUNERS = {
    "published": "the published method: the fastest of one timing of each config of the space",
    "raced published": "the same timings, the near ones raced",
    "graphx": "the first trials of S1-S8, each batch size by itself, the fastest kept",
    "raced graphx": "the same trials, the near ones raced",
    "committed": "the committed file, looked up by the nearest batch size; a layer's file is what"
    " somebody tuned once, on a version of the kernel and of Triton of its own",
}
# probe -> what a finding of it means
MEANS = {
    "allocation": "buffers made for one tile make the others look slower",
    "bucket_cap": "problems larger than the last bucket run with a tactic that was never timed for"
    " them",
    "rounding": "a number of tokens is tuned as one bucket and run as another",
    "coin_flips": "started again, it chooses otherwise",
    "slower": "its choice is slower than what is launched without tuning",
    "routing": "it times uniform routing whatever the routing is",
    "timing_policy": "its figures hold the host's time or a warm cache",
    "ranks": "ranks of one model run different tactics",
    "cache_key": "an entry answers for problems that differ in what the key leaves out",
    "shared_state": "another call of the process changes what it runs",
    "unequal": "it ranks tactics that compute different things",
    "overrun": "it writes past buffers made for the problem that was profiled",
    "regressed": "what is launched without tuning became slower",
    "clocks": "it ranks kernels by timings that do not cover the same",
    "uncovered": "problems that were tuned fall back when they are run",
}


def audit(read: Frames, device: str) -> Summary:
    """The whole of one GPU; nothing of one that was not audited."""
    parts: dict[str, Any] = {
        "injected": (injected, "injected"),
        "thresholds": (thresholds, "injected_split"),
        "steady": (steady, "steady_rates"),
        "margins": (margins, "steady_split"),
        "grid": (grid, "grid"),
        "probes": (probes, "findings"),
        "findings": (findings, "findings"),
    }
    rows = {name: of_gpu(read[source], device) for name, (_, source) in parts.items()}
    found = {name: make(rows[name]) for name, (make, _) in parts.items() if len(rows[name])}
    return {"audit": found} if found else {}


def _rate(row: Any) -> Figure:
    return estimated(row, "rate", n="runs")


def injected(rows: Frame) -> Figure:
    """``faults``, ``recall`` and ``false_alarms`` of all; the same of each of the ``kinds``."""
    every = plain_rows(rows)
    clean = {row["probe"]: row for row in every if row["fault"] == NONE}
    whole = next(row for row in every if row["fault"] == ANY)
    kinds: Figure = {}
    for row in every:
        if row["fault"] in (NONE, ANY):
            continue
        kind = kinds.setdefault(row["fault"], {"probe": row["probe"], "strengths": {}})
        kind["strengths"][f"{row['strength']:g}"] = _rate(row)
        kind |= {"smallest": row["smallest"], "unit": row["unit"]}
        kind["false_alarms"] = _rate(clean[row["probe"]])
    return {
        "faults": len(kinds),
        "recall": _rate(whole),
        "false_alarms": _rate(clean[ANY]),
        "kinds": kinds,
    }


def steady(rows: Frame) -> Figure:
    """By way of choosing: its metrics, over how many cells, and how many restarts of each."""
    out: Figure = {}
    for row in plain_rows(rows):
        way = out.setdefault(row["chosen_by"], {})
        way |= {"cells": row["n"], "layers": row["layers"], "restarts": row["restarts"]}
        way[row["metric"]] = estimated(row)
    return out


def thresholds(rows: Frame) -> Figure:
    """Set on one half of the layers and judged on the other, and those in use: found and alarms of
    all probes that have one, and each by itself."""  # noqa: D205,D209
    counts = ("clean", "alarms", "runs", "found", "alarms_in_use", "found_in_use")
    whole = {name: int(rows[name].sum()) for name in counts}
    names = ("probe", "set_on", "judged_on", "factor", *counts)
    return whole | {"rows": [{name: row[name] for name in names} for row in plain_rows(rows)]}


def margins(rows: Frame) -> list[Figure]:
    """The race under several margins on either half of the layers."""
    names = ("judged_on", "margin", "chosen", "in_use", "cells", "same", "regret", "cost")
    return [{name: row[name] for name in names} for row in plain_rows(rows)]


def grid(rows: Frame) -> Figure:
    """Counts over all measured cells, and each layer's cells with the reasons of the others."""
    there = rows[rows["reason"].isna()]
    words = there["word"].value_counts()
    return {
        "first": rows["first"].iloc[0],
        "second": rows["second"].iloc[0],
        "repeats": int(rows["repeats"].iloc[0]),
        "cells": len(rows),
        "measured": len(there),
        "parity": int(there["parity"].astype(bool).sum()),
        "flips": {side: int((there[f"flips_{side}"] > 0).sum()) for side in ("first", "second")},
        "matched": int(there["matched"].astype(bool).sum()),
        "mismatched": int((~there["matched"].astype(bool)).sum()),
        "words": {word: int(words.get(word, 0)) for word in ("win", "tie", "loss")},
        "layers": {
            str(layer): {
                "cells": [
                    {name: row[name] for name in _CELL} | {"ratio": estimated(row, "ratio", n=None)}
                    for row in plain_rows(mine[mine["reason"].isna()])
                ],
                "absent": {str(k): int(n) for k, n in mine["reason"].value_counts().items()},
            }
            for layer, mine in rows.groupby("layer", sort=False)
        },
    }


def probes(rows: Frame) -> Figure:
    """``[tuner][probe]``: on how many layers it is found, not found and not applicable."""
    out: Figure = {}
    for (tuner, probe), mine in rows.groupby(["tuner", "probe"], sort=False):
        counts = mine["verdict"].value_counts()
        words = (FOUND, "not_found", "not_applicable")
        out.setdefault(str(tuner), {})[str(probe)] = {one: int(counts.get(one, 0)) for one in words}
    return out


def findings(rows: Frame) -> list[Figure]:
    """What was found, by tuner and probe: the evidence, and on which layers it is the same."""
    out = []
    known = rows[rows["verdict"] == FOUND]
    for (tuner, probe), mine in known.groupby(["tuner", "probe"], sort=False):
        evidence: dict[str, Figure] = {}
        for row in plain_rows(mine):
            figures = {name: row[name] for name in ("evidence", "effect", "unit", "command")}
            evidence.setdefault(row["evidence"], figures | {"layers": []})
            evidence[row["evidence"]]["layers"].append(row["layer"])
        out.append({"tuner": tuner, "probe": probe, "evidence": list(evidence.values())})
    return out


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """Of each GPU: what the probes find, how steady a choice is, what the grid shows."""
    for device, own in each(summary):
        found = own.get("audit", {})
        name = short_name(device)
        if "injected" in found:
            one = found["injected"]
            yield (
                f"{name}, on recorded trials: {one['faults']} kinds of faults put into a tuner are"
                f" found in {wording.per_cent(one['recall'])} of {one['recall']['n']:,} runs, with"
                f" an alarm in {wording.per_cent(one['false_alarms'])} of"
                f" {one['false_alarms']['n']:,} runs without a fault."
            )
        if {RACE, ARGMIN} <= set(found.get("steady", {})):
            yield _steadiness(name, found["steady"])
        if "grid" in found:
            yield _on_grid(name, found["grid"])


def _steadiness(device: str, found: Figure) -> str:
    race, argmin = found[RACE], found[ARGMIN]
    return (
        f"{device}: started again {race['restarts']} times on {race['cells']} cells, the race"
        f" chooses the same in {wording.per_cent(race['same'])} of restarts, the fastest of one"
        f" timing each in {wording.per_cent(argmin['same'])}; regret"
        f" {wording.fine_ratio(race['regret'])} and {wording.fine_ratio(argmin['regret'])}; the"
        f" race's replays cost {wording.per_cent(race['cost'])} of the other's."
    )


def _on_grid(device: str, found: Figure) -> str:
    words = found["words"]
    return (
        f"{device}, {found['second']} against {found['first']} on {found['measured']} measured"
        f" cells of the grid: {found['matched']} choices are one config, {words['tie']} are ties,"
        f" {words['win']} wins, {words['loss']} losses; over {found['repeats']} tunings"
        f" {found['first']} flips on {found['flips']['first']} cells, {found['second']} on"
        f" {found['flips']['second']}."
    )


def audited(summary: Summary) -> list[tuple[str, Figure]]:
    """(GPU, what was found there)."""
    return [(device, own["audit"]) for device, own in each(summary) if "audit" in own]


SECTION = Section(
    "audit",
    about="probes that find faults of tuners, planted ones and real ones",
    do="ask these probes of a tuner before its files are believed; CONTRIBUTING.md says how "
    "one is added.",
    origins={
        "audit/injected": [INJECTED],
        "audit/steady": [STEADY],
        "audit/thresholds": [INJECTED_SPLIT],
        "audit/margins": [STEADY_SPLIT],
        "audit/grid": [GRID],
        "audit/probes": [FINDINGS],
        "audit/findings": [FINDINGS],
    },
    needs=(RECORDED, RUNS),
    build=lambda read: beside(read, lambda device: audit(read, device)),
    readings=readings,
    values=lambda summary: {"audited": audited(summary)},
    words={"audit_words": {"WAYS": WAYS, "TUNERS": TUNERS, "MEANS": MEANS}},
    captions={
        "audit": "Two tuners on one grid: how their choices compare, and how often each flips."
    },
    phrases={
        "Two tuners on one grid": "names the figure",
        "between two processes": "part of a definition",
    },
    links={"audit": "Tuners audited"},
)
