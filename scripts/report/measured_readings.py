"""Sentences on what was measured: coverage, how far a figure repeats, what tuning a file costs."""

from __future__ import annotations

from typing import Any

from scripts.lib.device import short_name
from scripts.lib.schemas.recorded import CostOf
from scripts.report import wording
from scripts.report.claims import Summary

Figure = dict[str, Any]
# The figures to reach: share of A/A pairs called a win, seconds for a file, factor to upstream.
FALSE_WINS, SECONDS, FACTOR = 0.02, 180.0, 300.0


def datasets(summary: Summary) -> list[str]:
    """Per GPU: how much of the corpus is measured, false wins, and how far a config repeats."""
    sentences = []
    for device, section in summary.get("measured", {}).items():
        name = short_name(device)
        if covered := section.get("coverage"):
            sentences.append(_covered(name, covered))
        if rate := section.get("aa_false_win_rate"):
            sentences.append(_false_wins(name, rate))
        if {"twins", "runs"} <= set(section.get("spread", {})):
            sentences.append(_spread(name, section["spread"]))
        for dataset, found in section.get("gains", {}).items():
            sentences += _gain(dataset, found["all"])
    return sentences


def _covered(device: str, covered: Figure) -> str:
    text = (
        f"{device}: {covered['measured']:,} of the {covered['cells']:,} cells that its"
        f" {covered['files']} config files speak of are measured, {covered['complete']:,} of them"
        " with every legal config"
    )
    missing = covered["not_measured"]
    return f"{text}; the others: {wording.named(missing)}." if missing else f"{text}."


def _false_wins(device: str, rate: Figure) -> str:
    verdict = "at or under" if rate["ci"][1] <= FALSE_WINS else "not shown to be under"
    return (
        f"{device}, all datasets: {wording.per_cent(rate)} of {rate['n']:,} A/A pairs were called a"
        f" win; by the interval's upper end that is {verdict} {FALSE_WINS:.0%}."
    )


def _gain(dataset: str, found: Figure) -> list[str]:
    """What trying other configs would have gained, by rounds that did not pick the winner."""
    if not found["judged"]:
        return []
    whole = found["complete"] == found["cells"]
    best = "best legal config" if whole else "best of the candidates tried"
    text = (
        f"{dataset}: the {best} wins over the committed one on {wording.per_cent(found['win'])} of"
        f" {found['judged']:,} cells, ties on {wording.per_cent(found['tie'])} and loses on"
        f" {wording.per_cent(found['loss'])}"
    )
    if found["marked"]["win"]:
        text += f"; {found['marked']['win']:,} of these wins are on marked cells"
    if rest := found["not_judged"]:
        text += f"; of {found['cells']:,} cells not judged: {wording.named(rest)}"
    return [f"{text}."]


def _spread(device: str, spread: Figure) -> str:
    near, far = spread["twins"], spread["runs"]
    return (
        f"{device}: two paired medians of the same config differ by {near['median']:.2%} (95th"
        f" percentile {near['p95']:.2%}), two recordings on two machines by {far['median']:.2%}"
        f" ({far['p95']:.2%}): a difference of a few per cent between recordings shows nothing."
    )


def cost(summary: Summary) -> list[str]:
    """What tuning a file costs beside the published method, against the figures to reach."""
    found = summary.get("cost", {})
    if "gpu_seconds_18_batches" not in found:
        return []
    seconds, ratio, cached = (
        found[name] for name in ("gpu_seconds_18_batches", "ratio", "ratio_cached")
    )
    first = next(iter(found["tuned"].values()))
    low, high = first[CostOf.RATIO]["total"]["ci"]
    return [
        f"Tuning one config file of 18 batch sizes took {seconds:,.0f} s on one GPU, compiling"
        f" included (to reach: {SECONDS:.0f} s; {_reached(seconds <= SECONDS)}). The published"
        f" method, sampled and scaled, takes {ratio:,.0f} times that ({low:,.0f}–{high:,.0f}; to"
        f" reach: {FACTOR:.0f}; {_reached(ratio >= FACTOR, low >= FACTOR)}), {cached:,.0f} times if"
        " its compiler finds every binary again from the second batch size on."
    ]


def _reached(yes: bool, surely: bool = True) -> str:
    if not yes:
        return "not reached"
    return "reached" if surely else "reached by the estimate, its interval includes less"
