"""What searches find on a GPU of which nothing was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from scripts.lib.device import short_name
from scripts.lib.schemas import cold as schema
from scripts.lib.schemas.alike import ALIKE
from scripts.lib.schemas.search import BUDGETS
from scripts.report import wording
from scripts.report.estimates import estimated
from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Finding, Frame, Headline, Section, Summary, made
from scripts.report.sections import cold_live

COLD = made("cold", "statistics.cold", schema.COLD)
BOTH = made("alike", "statistics.alike", ALIKE)
MANY = 8  # the budget of trials that stands beside none
# In the summary -> in the table.
JUDGED = {
    "win": "win", "loss": "loss", "noninferior": "non_inferior", "within_2": "within_2",
}  # fmt: skip
# Metric of a figure to reach -> in words, how it is written, and how what it is to reach.
TO_REACH: Mapping[str, tuple[str, Callable[[Figure], str], Callable[[float], str]]] = {
    "zero_median": (
        "first proposal over the fastest in the median",
        wording.ratio,
        "{:.3f}".format,
    ),
    "zero_p95": ("at the 95th percentile", wording.ratio, "{:.3f}".format),
    "mean_8": ("the best of 8 trials in the mean", wording.ratio, "{:.3f}".format),
    "trials_median": ("trials until a search ends in the median", wording.trials, "{:.0f}".format),
    "non_inferior": ("non-inferior shown on", wording.per_cent, "{:.0%}".format),
}


def cold(table: Frame) -> Figure:
    """``["SRC->DST"]``: n, zero{median, p95}, eight, K{mean of each budget}; of searches that end
    by themselves trials{median, p95}, regret, win, tie, loss, noninferior, within_2.

    SRC is ``none`` where no file was started from.
    """  # noqa: D205
    out: Figure = {}
    for (device, source), rows in table.groupby(["device", "source"], sort=True):
        known = {str(row["metric"]): _figure(row) for row in plain_rows(rows)}
        zero = known["zero_median"]
        found: Figure = {
            "n": zero["n"],
            "files": zero["files"],
            "zero": {"median": zero, "p95": known["zero_p95"]},
            "eight": known[f"mean_{MANY}"],
            "K": {str(budget): known[f"mean_{budget}"] for budget in BUDGETS},
            "trials": {"median": known["trials_median"], "p95": known["trials_p95"]},
            "regret": known["regret"],
        }
        found |= {name: known[metric] for name, metric in JUDGED.items() if metric in known}
        if "win" in found:
            found["tie"] = 1.0 - found["win"]["mean"] - found["loss"]["mean"]
        out[f"{source}->{device}"] = found
    return out


def _figure(row: Figure) -> Figure:
    return estimated(row) | {"files": row["files"]}


def registered(table: Frame) -> Figure:
    """By GPU: when its figures were locked, and what came of each, from each source."""
    return {
        str(device): {
            "locked": rows["locked"].iloc[0],
            "figures": plain_rows(rows.drop(columns=["device", "hidden", "locked"])),
        }
        for device, rows in table[~table["hidden"]].groupby("device", sort=True)
    }


def alike(table: Frame) -> Figure:
    """``["SRC->DST"]``: cells whole on both; rank correlation of their configs' latencies; what the
    fastest of SRC takes on DST over the fastest there, and where it is worst."""  # noqa: D205,D209
    out: Figure = {}
    for (source, device), rows in table.groupby(["source", "device"], sort=True):
        regret = rows["regret"].astype(float)
        worst = plain_rows(rows)[int(regret.to_numpy().argmax())]
        out[f"{source}->{device}"] = {
            "cells": len(rows),
            "rank_correlation": {
                "median": float(rows["rank_correlation"].median()),
                "lowest": float(rows["rank_correlation"].min()),
            },
            "regret": {
                "median": float(regret.quantile(0.5, interpolation="higher")),
                "p95": float(regret.quantile(0.95, interpolation="higher")),
                "worst": float(worst["regret"]),
            },
            "worst_cell": str(worst["cell_id"]),
            "worst_config": str(worst["config_id"]),
        }
    return out


def named(pair: str) -> tuple[str, str]:
    """Source and target of a key, in short."""
    source, target = pair.split("->")
    return (source if source == schema.NONE else short_name(source)), short_name(target)


def ordered(summary: Summary) -> list[tuple[str, str, Figure]]:
    """Source, target and figures: no source first, then by how many cells a source has."""
    found = summary.get("cold", {})
    keys = sorted(
        found, key=lambda key: (not key.startswith(f"{schema.NONE}->"), -found[key]["n"], key)
    )
    return [(*named(key), found[key]) for key in keys]


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """Of searches without a source: before any trial, after eight, when they end."""
    for source, target, found in ordered(summary):
        if source != schema.NONE:
            continue
        zero = found["zero"]
        yield (
            f"{target}, as if nothing had been recorded on it: what is proposed first takes"
            f" {wording.ratio(zero['median'])} times the fastest in the median of {found['n']}"
            f" cells, {wording.ratio(zero['p95'])} at the 95th percentile; the best of {MANY}"
            f" trials {wording.ratio(found['eight'])} in the mean; searches end after"
            f" {found['trials']['median']['mean']:.0f} trials (median), at"
            f" {wording.ratio(found['regret'])} in the mean."
        )


def measured(summary: Summary) -> Iterator[tuple[str, Figure]]:
    """GPU and figures of each registration of which something was measured."""
    for device, one in summary.get("registered", {}).items():
        if any(row["source"] is not None for row in one["figures"]):
            yield device, one


def came_of(summary: Summary) -> Iterator[Finding]:
    """Of each registered GPU that was measured: the figures to reach, and what came of them.

    Started from no file, and from those of the other recorded GPUs.
    """
    for device, one in measured(summary):
        starts = {schema.NONE: "No file to start from"}
        starts |= {
            name: f"From the file of the {short_name(name)}"
            for name in summary["measured"]
            if name != device
        }
        told = [
            f"{start}: {'; '.join(_outcomes(one['figures'], source))}"
            for source, start in starts.items()
            if any(row["source"] == source for row in one["figures"])
        ]
        yield Finding(
            f"Registered of the {short_name(device)} before it was measured",
            f"{'. '.join(told)}. {_live(summary, short_name(device))}",
            "search",
        )


def _live(summary: Summary, target: str) -> str:
    """Whether what is said of replays of a GPU, in short, was tried on the GPU itself."""
    tried = {short_name(device) for device in cold_live.tried(summary)}
    return (
        "Replayed; live it was tried, too"
        if target in tried
        else ("Replayed; live it was not tried")
    )


def _outcomes(figures: list[Figure], source: str) -> Iterator[str]:
    """Of each figure to reach what came of it, or that it was not measured."""
    own = {row["metric"]: row for row in figures if row["source"] == source}
    every = {row["metric"]: row for row in figures}
    for metric, (said, write, aim) in TO_REACH.items():
        wanted = aim(every[metric]["to_reach"])
        if row := own.get(metric):
            value = write({"mean": row["value"], "ci": [row["low"], row["high"]]})
            yield f"{said} {value}, {row['n']} cells (to reach {wanted}: {row['word']})"
        else:
            yield f"{said} not measured (to reach {wanted})"


def found(summary: Summary) -> Iterator[Finding]:
    """Without a recording or a file; on the GPU itself; and what came of what was registered."""
    yield from _without_file(summary)
    yield from cold_live.findings(summary)
    yield from came_of(summary)


def _without_file(summary: Summary) -> Iterator[Finding]:
    registered_too = {short_name(device) for device, _ in measured(summary)}
    for source, target, one in ordered(summary):
        if source == schema.NONE and target not in registered_too:
            zero = one["zero"]
            yield Finding(
                f"As if nothing had been recorded on the {target}",
                f"what is proposed before any trial takes {wording.ratio(zero['median'])} times the"
                f" fastest legal config in the median of {one['n']} cells,"
                f" {wording.ratio(zero['p95'])} at the 95th percentile; the best of {MANY} trials"
                f" {wording.ratio(one['eight'])} in the mean. {_live(summary, target)}",
                "search",
            )


STATED = (
    "1.005 in the median",
    "1.03 at the 95th percentile",
    "as many as eight trials 1.003 in",
    "16 trials in the median",
    "the best of 8 trials",
)

SECTION = Section(
    "cold",
    about="searches as if nothing had been recorded on the GPU",
    origins={"cold": [COLD], "registered": [cold_live.REGISTERED], "alike": [BOTH]},
    build=lambda read: {
        "cold": cold(read["cold"]),
        "registered": registered(read["registered_outcomes"]),
        "alike": alike(read["alike"]),
    },
    found=found,
    do="on a GPU of a new kind let `graphx tune` spend some trials: the first proposal alone can be"
    " far off.",
    readings=readings,
    values=lambda summary: {
        "cold_rows": ordered(summary),
        "alike_rows": [(*named(key), one) for key, one in summary.get("alike", {}).items()],
        "registered_rows": [
            (device, row) for device, one in measured(summary) for row in one["figures"]
        ],
    },
    words={"cold_words": {"BUDGETS": BUDGETS}},
    phrases=dict.fromkeys(STATED, "a budget, or a figure to reach beside the measured one"),
    links={"cold": "A GPU never recorded"},
)
