"""What S1-S8's parts are worth, what it chose, where it is not ahead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.report.estimates import both_intervals, estimated
from scripts.report.section import Figure, Frame
from scripts.report.sections.search.words import (
    AHEAD_UP_TO,
    BASELINES,
    EVERY,
    HEADLINE,
    LARGE_BATCH,
)

_BEHIND = ("cell_id", "source", "trials", "chosen_id", "best_id", "regret", "trial_best_tile")


def search_details(
    rates: Frame,
    pairs: Frame,
    verdicts: Frame,
    behind: Frame,
    choices: Frame,
) -> Figure:
    """From SEARCH_RATES, SEARCH_PAIRS, SEARCH_VERDICTS, SEARCH_BEHIND and SEARCH_CHOICES."""
    return {
        "pairs": _pairs(pairs),
        "classes_behind": list(_classes_behind(rates)),
        "verdicts": _verdicts(verdicts),
        "behind": _behind(behind),
        "large_batches": list(_large_batches(choices)),
    }


def _pairs(pairs: Frame) -> Figure:
    """``[other]``: GPU seconds over S1-S8's, and by K the ratio of regrets and who is ahead."""
    out: Figure = {}
    for row in pairs.to_dict("records"):
        other = out.setdefault(str(row["other"]), {"seconds_ratio": row["seconds_ratio"]})
        other.setdefault("regret", {})[str(row["K"])] = estimated(row, "ratio") | {
            "ahead": int(row["ahead"]),
            "behind": int(row["behind"]),
        }
    return out


def _classes_behind(rates: Frame) -> Iterator[Figure]:
    """Classes and budgets at which a baseline has the lower mean regret on the same cells."""
    key = ["group", "value", "K"]
    classes = rates[rates["group"].isin(["E", "scheme", "regime"]) & (rates["K"] <= AHEAD_UP_TO)]
    ours = classes[classes["strategy"] == EVERY].set_index(key)
    for row in classes[classes["strategy"].isin(list(BASELINES))].to_dict("records"):
        own = ours.loc[tuple(row[name] for name in key)]
        if row["n"] == own["n"] and row["regret"] < own["regret"]:
            yield {name: row[name] for name in (*key, "strategy")} | {
                "n": int(row["n"]),
                "regret": float(own["regret"]),
                "theirs": float(row["regret"]),
                "ratio": float(own["regret"] / row["regret"]),
            }


def _verdicts(verdicts: Frame) -> Figure:
    """``[strategy][group][value][metric]``; the value of all is ``all``."""
    out: Figure = {}
    for row in verdicts.to_dict("records"):
        groups = out.setdefault(str(row["strategy"]), {})
        metrics = groups.setdefault(str(row["group"]), {}).setdefault(
            str(row["value"] or "all"), {}
        )
        metrics[str(row["metric"])] = both_intervals(row) | {"files": int(row["clusters"])}
    return out


def _behind(behind: Frame) -> Figure:
    """``[strategy]``: runs, runs behind by cause, and each of them."""
    out: Figure = {}
    for strategy, rows in behind.groupby("strategy", sort=True):
        plain = rows.astype(object).where(rows.notna(), None)
        out[str(strategy)] = {
            "causes": {str(name): int(n) for name, n in rows["cause"].value_counts().items()},
            "group_size_alone": int(
                (_less_group(rows, "chosen") == _less_group(rows, "best")).sum()
            ),
            "runs": plain[[*_BEHIND, "cause"]].to_dict("records"),
        }
    return out


def _less_group(rows: Frame, which: str) -> Any:
    """Config ids without GROUP_SIZE_M."""
    return rows[f"{which}_id"].str.replace(r"-G\d+-", "-", regex=True)


def _large_batches(choices: Frame) -> Iterator[Figure]:
    """By batch size: whether and when S1-S8 tries BLOCK_SIZE_M 64, and if the fastest has it."""
    tokens = choices["cell_id"].str.rpartition("/M")[2].astype(int)
    wanted = (choices["strategy"] == HEADLINE) & (tokens >= LARGE_BATCH)
    for batch, rows in choices[wanted].groupby(tokens[wanted], sort=True):
        cells = rows.drop_duplicates("cell_id")
        first = rows["trial_tile_64"].astype(float)
        yield {
            "tokens": int(str(batch)),
            "cells": len(cells),
            "fastest_has_64": int(cells["best_id"].str.startswith("M64-").sum()),
            "runs": len(rows),
            "tried_64": int(first.notna().sum()),
            "first_64_median": float(first.median()) if first.notna().any() else None,
            "tried_fastest_tile": int(rows["trial_best_tile"].notna().sum()),
            "largest_regret": float(rows["regret"].max()),
        }


def not_ahead(search: Figure) -> list[tuple[str, str]]:
    """Baselines and budgets at which S1-S8 from all sources has the higher mean regret.

    Only of baselines that ran on all of its cells: a mean over others is no comparison.
    """
    ours = search[EVERY]
    return [
        (name, budget)
        for name in BASELINES
        if name in search and search[name]["n"] == ours["n"]
        for budget, found in _to_be_ahead(search[name])
        if found["n"] == ours["n"] and found["mean"] < ours["regret"][budget]["mean"]
    ]


def not_told_apart(details: Figure) -> list[tuple[str, str]]:
    """Baselines and budgets where the interval of the ratio of regrets holds 1."""
    return [
        (name, budget)
        for name in BASELINES
        if name in details["pairs"]
        for budget, found in _to_be_ahead(details["pairs"][name])
        if found["ci"][0] <= 1.0 <= found["ci"][1]
    ]


def _to_be_ahead(found: Figure) -> list[tuple[str, Figure]]:
    """Budgets at which S1-S8 is to be ahead, and their regret; a summary read from a file has its
    keys in the order of their letters."""  # noqa: D205,D209
    budgets = sorted(found["regret"], key=int)
    return [(k, found["regret"][k]) for k in budgets if int(k) <= AHEAD_UP_TO]
