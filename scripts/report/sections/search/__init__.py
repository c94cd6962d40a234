"""Regret against trials of every search, replayed on complete cells."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from scripts.lib.device import short_name
from scripts.lib.schemas import search as schema
from scripts.report.estimates import estimated, number
from scripts.report.gpus import beside, each, of_gpu
from scripts.report.rows import by_cell, plain_rows
from scripts.report.section import (
    Browsable,
    Candidate,
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
from scripts.report.sections.search import words
from scripts.report.sections.search.details import not_ahead, search_details
from scripts.report.sections.search.readings import searches, worth
from scripts.report.sections.search.words import CLASSES, HEADLINE, REGRET

RATES = made("search_rates", "statistics.searches", schema.SEARCH_RATES)
COSTS = made("search_costs", "statistics.searches", schema.SEARCH_COSTS)
PAIRS = made("search_pairs", "statistics.search_pairs", schema.SEARCH_PAIRS)
VERDICTS = made("search_verdicts", "statistics.search_choices", schema.SEARCH_VERDICTS)
BEHIND = made("search_behind", "statistics.search_choices", schema.SEARCH_BEHIND)
CHOICES = made("search_choices", "transfer.evaluate", schema.SEARCH_CHOICES)
RIVALS = ("S6", "Optuna TPE", "cold Bayesian")  # the three baselines that come nearest
RIVAL_BUDGETS = ("8", "32")
_SHARES = ("within_1", "within_2", "within_5", "within_10", "tied")


def search(rates: Frame, costs: Frame) -> Figure:
    """``[strategy]``: regret by K, shares within, trials and GPU seconds to within 2%, score.

    ``rates``: SEARCH_RATES; ``costs``: SEARCH_COSTS. The headline has its ``classes`` too.
    """
    keys = ["strategy", "group", "value"]
    by_key = {tuple(map(str, key)): rows for key, rows in rates.groupby(keys, sort=True)}
    out: Figure = {}
    for row in costs.to_dict("records"):
        strategy, group, value = (str(row[name]) for name in keys)
        in_class = strategy == HEADLINE and group in CLASSES
        if group != "all" and not in_class:
            continue
        reading = _reading(by_key[strategy, group, value], row)
        if in_class:
            classes = out.setdefault(strategy, {}).setdefault("classes", {})
            classes.setdefault(group, {})[value] = reading
        else:
            out.setdefault(strategy, {}).update(reading)
    return out


def _reading(rates: Frame, costs: dict[Any, Any]) -> Figure:
    budgets = [str(k) for k in rates["K"]]
    section: Figure = {name: int(costs[name]) for name in ("n", "runs", "seeds")}
    section["regret"] = {
        str(row["K"]): estimated(row, "regret", ends="regret_") for row in rates.to_dict("records")
    }
    for share in _SHARES:
        section[share] = dict(zip(budgets, map(float, rates[share]), strict=True))
    section["arrived"] = float(costs["arrived"])
    for name in ("trials", "gpu_seconds"):
        section[f"{name}_to_2pct"] = {
            end: number(costs[f"{name}_{end}"]) for end in ("median", "p95")
        }
    if number(costs["trials_median_low"]) is not None:
        section["trials_to_2pct_intervals"] = {
            end: estimated(costs, f"trials_{end}", ends=f"trials_{end}_")
            for end in ("median", "p95")
        }
    return section | {
        "trials": float(costs["trials_made"]),
        "gpu_seconds": float(costs["gpu_seconds"]),
        "score": float(costs["score"]),
    }


def build(read: Frames) -> Summary:
    """Every search, and what S1-S8's parts are worth, what it chose, where it is not ahead."""
    return beside(read, lambda device: _of_gpu(read, device))


def _of_gpu(read: Frames, device: str) -> Summary:
    every = (RATES, COSTS, PAIRS, VERDICTS, BEHIND, CHOICES)
    rates, costs, *others = (of_gpu(read[one.name], device) for one in every)
    if rates.empty:
        return {}
    found = search(rates, costs)
    return {"search": found, "search_details": search_details(rates, *others)}


def claims(*_: Any) -> Iterator[Candidate]:
    """Trials and regret of S1-S8, its nearest rivals, its verdicts."""
    path = f"search/{HEADLINE}"
    title = f"{HEADLINE}, replayed from one source GPU at a time, taught by the GPU's other layers"
    for end, said in (("median", "the median cell"), ("p95", "the 95th percentile of cells")):
        yield Candidate(
            f"{path}/trials_to_2pct_intervals/{end}",
            COSTS,
            f"{title}: {{trials}} trials to within 2% of the fastest legal config, {said}"
            " ({n} cells).",
        )
    for budget in REGRET:
        yield Candidate(
            f"{path}/regret/{budget}",
            RATES,
            f"{title}, {budget} trials: {{fine_ratio}} times the fastest legal config's latency"
            " (geometric mean of {n} cells).",
        )
    for other, budget in product(RIVALS, RIVAL_BUDGETS):
        yield Candidate(
            f"search_details/pairs/{other}/regret/{budget}",
            PAIRS,
            f"{other}, {budget} trials: {{fine_ratio}} times the latency that {HEADLINE} from all"
            " sources, layer out, has found by then (geometric mean of {n} cells).",
        )
    for metric, said in (("win", "a win"), ("loss", "a loss"), ("within_2", "within 2%")):
        yield Candidate(
            f"search_details/verdicts/{HEADLINE}/all/all/{metric}",
            VERDICTS,
            f"{title}, 128 trials, against the committed config on recorded medians: {said} on"
            " {rate} of {n} cells and sources.",
        )


def readings(summary: Summary, _: Headline) -> list[str]:
    """None if no search was replayed."""
    others = summary.get("gpus", {}).items()
    said = [f"{short_name(gpu)}: {one}" for gpu, found in others for one in searches(found)]
    return [*searches(summary), *said]


SECTION = Section(
    "search",
    about="strategies, baselines and other tuners on every completely recorded cell",
    do="nothing: `graphx tune` runs S1-S8; who builds tuners finds here which parts are worth "
    "having.",
    origins={
        f"{gpu}{path}": found
        for gpu in ("", "gpus/*/")
        for path, found in {
            "search": [RATES, COSTS],
            "search_details": [CHOICES],
            "search_details/pairs": [PAIRS],
            "search_details/verdicts": [VERDICTS],
            "search_details/behind": [BEHIND],
            "search_details/classes_behind": [RATES],
        }.items()
    },
    needs=(RECORDED, RUNS),
    build=build,
    claims=claims,
    readings=readings,
    values=lambda summary: {
        "searches": [(name, found) for name, found in each(summary) if "search" in found],
        "search_groups": words.grouped,
        "not_ahead": not_ahead,
        "worth": worth,
    },
    words={"search_words": words},
    captions={
        "searches": "Regret of S1-S8, of the baselines, and with one strategy switched off, against"
        " the number of trials and against GPU seconds: mean over all complete cells."
    },
    rows={
        "searched": Browsable((RATES,), plain_rows),
        "chosen": Browsable((CHOICES,), lambda rows: plain_rows(by_cell(rows))),
    },
    links={"search": "Searches, replayed"},
)
