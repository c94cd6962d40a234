"""Searches on the GPU itself, and layers tuned with one command."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.judging.decision import LOSS
from scripts.lib.schemas import live as schema
from scripts.lib.schemas.headline import Choice
from scripts.lib.schemas.live import ANY, TOGETHER
from scripts.report import wording
from scripts.report.estimates import estimated
from scripts.report.rows import plain_rows
from scripts.report.section import Browsable, Figure, Frame, Headline, Section, Summary, made
from scripts.report.sections.margins import shown

RATES = made("live_rates", "statistics.live", schema.LIVE_RATES)
LOSSES = made("live_losses", "statistics.live", schema.LIVE_LOSSES)
TUNED = made("tuned", "statistics.tuned", schema.TUNED)
TUNED_COST = made("tuned_cost", "statistics.tuned", schema.TUNED_COST)
LIVE = made("live", "tune.live", schema.LIVE)
SPEEDUP = "speedup_winners"
_QUARTILES = {f"{SPEEDUP}_{name}": name for name in ("median", "q1", "q3")}
_GROUPS = {
    "scheme": "schemes",
    "regime": "regimes",
    "power": "power",
    "steadiness": "steadiness",
}
_LOSS = (
    "cell_id", "source", "trials", "ended", "final_id", "committed_id", "judged_ratio", "widened",
    "cause",
)  # fmt: skip
# Pairs for which a figure is to be reached.
REACH = ("NVIDIA_H100_80GB_HBM3->NVIDIA_H200", "AMD_Instinct_MI300X->NVIDIA_H200")
WIN_OR_TIE, WITHIN_2 = 0.98, 0.99
SECONDS, REGRET = 60, 1.01
# cause of a loss -> in words
CAUSES = {
    "not_tried": "the search ended, expecting less than the margin, without having tried the"
    " committed config",
    "outside_space": "the committed config lies outside the published search space",
    "illegal": "the compiler says of the committed config that it cannot launch",
    "noise": "the rounds that judge disagree with those that chose",
}


def live(rates: Frame) -> Figure:
    """``["SRC->DST"]``: n, rates and speed-up of what the finals chose; ``schemes`` hold the same.

    ``halves``: of the same choice by the study's own rounds; ``fastest``: of the fastest trial,
    before the finals. A pair, a class or a choice that nothing judged is left out. ``rates``:
    LIVE_RATES.
    """
    single = rates[~rates["source"].isin([TOGETHER, ANY])]
    return {
        f"{source}->{device}": found
        for (source, device), rows in single.groupby(["source", "device"], sort=True)
        if (found := _reading(rows))
    }


def live_details(rates: Frame, losses: Frame) -> Figure:
    """By device: ``together`` (one search from all sources), ``any`` (all triples), ``losses``.

    A device of which no search from all sources was judged is left out.
    """
    out: Figure = {}
    for device, rows in rates.groupby("device", sort=True):
        read = {name: _reading(rows[rows["source"] == name]) for name in (TOGETHER, ANY)}
        if read[TOGETHER]:
            lost = _losses(losses[losses["cell_id"].str.startswith(f"{device}/")])
            out[str(device)] = {name: one for name, one in read.items() if one} | {"losses": lost}
    return out


def _reading(rows: Frame) -> Figure:
    whole = rows[rows["group"] == "all"]
    section = _figures(whole[whole["choice"] == Choice.SEARCHED])
    if not section:
        return {}
    for choice in (Choice.HALVES, Choice.FASTEST):
        section |= _judged({str(choice): whole[whole["choice"] == choice]})
    for group, name in _GROUPS.items():
        parts = rows[rows["group"] == group].groupby("which", sort=True)
        if found := _judged({str(which): part for which, part in parts}):
            section[name] = found
    return section


def _judged(parts: dict[str, Frame]) -> Figure:
    """The figures of each that has some."""
    return {name: found for name, rows in parts.items() if (found := _figures(rows))}


def _figures(rows: Frame) -> Figure:
    """Every metric of one class, the speed-up's quartiles below it; nothing if none was judged."""
    out: Figure = {}
    for row in rows.to_dict("records"):
        figure = estimated(row) | {"files": int(row["files"]), "held": bool(row["held"])}
        if row["metric"] in _QUARTILES:
            out.setdefault(SPEEDUP, {})[_QUARTILES[row["metric"]]] = figure
        elif row["metric"] == SPEEDUP:
            out.setdefault(SPEEDUP, {}).update(figure)
        else:
            out[str(row["metric"])] = figure
    return {"n": out["win"]["n"], **out} if "win" in out else {}


def _losses(rows: Frame) -> Figure:
    """How many searches on how many cells, by cause, and each of them."""
    return {
        "searches": len(rows),
        "cells": int(rows["cell_id"].nunique()),
        "widened": int((rows["widened"] == LOSS).sum()),
        "causes": {str(name): int(n) for name, n in rows["cause"].value_counts().items()},
        "rows": plain_rows(rows[list(_LOSS)]),
    }


def tuned(batches: Frame, costs: Frame) -> Figure:
    """By run: what it took, and ``rows``, one a batch size. From TUNED and TUNED_COST."""
    plain = batches.astype(object).where(batches.notna(), None)
    every = costs.astype(object).where(costs.notna(), None).sort_values("run")
    return {
        str(row["run"]): {name: value for name, value in row.items() if name != "run"}
        | {"rows": plain[plain["run"] == row["run"]].drop(columns="run").to_dict("records")}
        for row in every.to_dict("records")
    }


def source_rows(summary: Figure, device: str) -> Iterator[tuple[str, Figure]]:
    """Name and figures: all sources together, the triples of any, each source by its triples.

    ``device``: one of ``live_details``.
    """
    found = summary["live_details"][device]
    yield "all together", found[TOGETHER]
    if ANY in found:
        yield "any, by itself", found[ANY]
    live = {pair: one for pair, one in summary["live"].items() if pair.endswith(f"->{device}")}
    for pair in sorted(live, key=lambda name: (-live[name]["n"], name)):
        yield pair.partition("->")[0], live[pair]


def readings(summary: Summary, _: Headline) -> list[str]:
    """None if nothing was searched on a GPU."""
    found = summary.get("live", {})
    return [
        *(_pair(pair, found[pair], shown(summary, pair)) for pair in REACH if pair in found),
        *(_tuned(run) for run in summary.get("tuned", {}).values()),
    ]


def _pair(pair: str, found: Figure, non_inferior: Figure | None) -> str:
    words = [
        f"{said} on {wording.per_cent(found[metric])} by its finals"
        f" ({_reached(found[metric]['mean'], most)}),"
        f" {wording.per_cent(found['fastest'][metric])} by its fastest trial"
        f" ({_reached(found['fastest'][metric]['mean'], most)}; to reach: {most:.0%})"
        for metric, said, most in (
            ("win_or_tie", "win or tie with the committed config", WIN_OR_TIE),
            ("within_2", "within 2% of it", WITHIN_2),
        )
    ]
    if non_inferior:
        words.insert(1, f"that it is non-inferior is shown on {wording.per_cent(non_inferior)}")
    strict = (
        f"a strict win on {wording.per_cent(found['win'])} of {found['n']} triples, a loss on"
        f" {wording.per_cent(found['loss'])}"
    )
    taught = "S1-S8 on the GPU itself, its other layers taught"
    said = f"{wording.pair(pair)}, {taught}: {'; '.join(words)}."
    return f"{said} By the rounds alone it is {strict}."


def _reached(value: float, least: float) -> str:
    return "reached" if value >= least else "not reached"


def _tuned(run: Figure) -> str:
    name = f"{run['model']} at TP {run['tensor_parallel']}" if run["model"] else run["shape"]
    text = (
        f"One command tuned {name} ({run['batches']} batch sizes) in {run['seconds']:.0f} s,"
        f" compiling and finals included (to reach: {SECONDS} s;"
        f" {'reached' if run['seconds'] <= SECONDS else 'not reached'})"
    )
    if not run["recorded"]:
        return f"{text}; no recording says what its best config is."
    reached = "reached" if run["regret"] <= REGRET else "not reached"
    return (
        f"{text}; the file stands {100 * (run['regret'] - 1):.1f}% behind the best recorded configs"
        f" on average (to reach: {100 * (REGRET - 1):.0f}%; {reached})."
    )


SECTION = Section(
    "live",
    about="searches on the GPU itself, source by source",
    do="`graphx tune` does for one layer what the study did for all.",
    origins={
        "live": [RATES],
        "live_details": [RATES],
        "live_details/*/losses": [LOSSES],
        "tuned": [TUNED_COST],
        "tuned/*/rows": [TUNED],
    },
    build=lambda read: {
        "live": live(read["live_rates"]),
        "live_details": live_details(read["live_rates"], read["live_losses"]),
        "tuned": tuned(read["tuned"], read["tuned_cost"]),
    },
    readings=readings,
    values=lambda _: {"source_rows": source_rows},
    words={
        "live_words": {
            "REACH": REACH,
            "WIN_OR_TIE": WIN_OR_TIE,
            "WITHIN_2": WITHIN_2,
            "SECONDS": SECONDS,
            "REGRET": REGRET,
            "CAUSES": CAUSES,
        }
    },
    captions={
        "live": "S1-S8 on the GPU itself against the committed config, by source GPU and by number"
        " formats; as the rounds say, not widened."
    },
    rows={"live": Browsable((LIVE,), plain_rows)},
    links={"live": "Searches on the GPU"},
)
