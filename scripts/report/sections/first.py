"""What the first screen says, by who reads it: a finding a line, and where its evidence stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from scripts.lib.device import short_name
from scripts.lib.schemas.cold import NONE
from scripts.lib.schemas.openings import ALL
from scripts.lib.schemas.tuning import HIDDEN, OPERATOR
from scripts.report import wording
from scripts.report.section import Figure, Section, Summary, find
from scripts.report.sections import agreement, cold, engine
from scripts.report.sections.margins import QUOTED, level
from scripts.report.sections.serving import served
from scripts.report.sections.teaching import helped

# The source GPUs that first pages are about.
SOURCES = ("NVIDIA_H100_80GB_HBM3", "AMD_Instinct_MI300X")
# What a file stands against -> how the first page says it.
BASES = {"default": "no file", "committed": "vLLM's own file"}
UNDECIDED = "undecided"


class Finding(NamedTuple):
    """``text`` may hold code in backticks; ``section`` has the evidence."""

    lead: str
    text: str
    section: str


def pairs(summary: Summary) -> Iterator[Figure]:
    """Of each pair: what is shown of ``copied`` and ``searched`` configs, the search's trials."""
    margin = level(summary["statistics"]["margin"])
    for source, device in product(SOURCES, summary["measured"]):
        pair = f"{source}->{device}"
        choices, own = summary["margins"].get(pair, {}), summary["live"].get(pair)
        if own is None or not {"copied", "searched"} <= set(choices):
            continue
        shown = {name: choices[name][QUOTED][margin] for name in ("copied", "searched")}
        yield {"source": source, "device": device, "trials": own["trials"], **shown}


def serving(summary: Summary) -> Iterator[Finding]:
    """What decides whether to use a file, and which."""
    if foretold := find(summary, f"expected/{ALL}"):
        row, file = foretold["row"], foretold["file"]
        yield Finding(
            "vLLM says `Using default MoE config`",
            "no file fits your GPU and layer; `graphx config` writes one without the GPU. Held out"
            f" with their whole GPU, its rows take {row['ratio']:.3f} of the default's time (mean"
            f" of {row['n']:,}, by graphx's own kernel); slower by more than the margin are"
            f" {wording.share(row['worse'])} of them, the worst {row['worst']:.3f}, and"
            f" {wording.share(file['worse'])} of {file['n']} files",
            "expected",
        )
    for device, kinds in summary.get("tuning", {}).get("kinds", {}).items():
        yield from _tuned(short_name(device), kinds)
    for device, found in summary.get("health", {}).items():
        worst = found["worst"]["over_default"]
        yield Finding(
            f"vLLM ships a file ({short_name(device)})",
            f"under its own operator {found['worse_than_default']:,} of {found['rows']:,} rows in"
            f" {found['files']} files are shown slower than no file"
            + (f", the worst by a factor of {worst['mean']:.2f}" if worst else "")
            + f"; {found['behind_3']:,} are more than 3% behind the best known config."
            f" {found['proposals']} files with such rows replaced lie in `results/proposals/`",
            "health",
        )
    for device, part in served(summary):
        if bases := find(part, "replay/over"):
            said = "; ".join(
                f"over {BASES[base]} {found['median']:.3f} in the median of {found['layers']}"
                f" layers, from {found['least']:.3f} to {found['largest']:.3f}"
                for base, found in _by_base(bases)
            )
            yield Finding(
                f"Files chosen under vLLM's operator ({short_name(device)})",
                f"tokens a second of one layer's operator in a server's steps, replayed: {said}",
                "serving",
            )
    yield from _in_engine(summary)


def _tuned(gpu: str, kinds: Figure) -> Iterator[Finding]:
    if hidden := kinds.get(HIDDEN):
        judged = kinds.get(OPERATOR)
        longer = f", {judged['wall']:.0f} s where vLLM's operator judges" if judged else ""
        yield Finding(
            "You have the GPU",
            f"`graphx tune` wrote a layer's file in {hidden['wall']:.0f} s on an {gpu} whose own"
            f" recordings were hidden (median of {hidden['n']} runs){longer}; it takes"
            f" {hidden['over_default']:.3f} of the default's time, by graphx's own kernel",
            "tuning",
        )


def _by_base(found: Mapping[str, Figure]) -> list[tuple[str, Figure]]:
    return [(base, found[base]) for base in BASES if base in found]


def _in_engine(summary: Summary) -> Iterator[Finding]:
    for device, part in engine.engines(summary):
        runs = part["engine_runs"]
        said = "; ".join(
            f"over {BASES[base]} {found['median']:.3f} in the median, from {found['least']:.3f} to"
            f" {found['largest']:.3f} ({found['n']} model and batch sizes)"
            for base, found in _by_base(runs["over"])
        )
        yield Finding(
            f"The whole decode step in vLLM's engine ({short_name(device)})",
            f"GPU time with such files, {runs['models']} models of few layers: {said}"
            + _outputs(runs["by_config"]),
            "engine",
        )


def _outputs(kept: Mapping[str, Figure]) -> str:
    said = [
        f"{words} on {found['models_same']} of {found['models']} models"
        for name, words in (("ours", "under them"), ("default", "under vLLM's default"))
        if (found := kept.get(name))
    ]
    return f"; outputs stayed the same {', '.join(said)}" if said else ""


def sure(summary: Summary) -> Iterator[Finding]:
    """How far the findings can be trusted in a runtime, and elsewhere."""
    for device, op in agreement.operators(summary):
        yield from _operator(short_name(device), op)
    for device, part in served(summary):
        if law := part.get("law"):
            yield Finding(
                "From the operator to the engine",
                f"a decode step on the {short_name(device)}, predicted from the operator alone, is"
                f" within a percentage point {_lawful(law)}",
                "serving",
            )
    yield from _again(summary["evidence"])


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


def _again(evidence: Sequence[Figure]) -> Iterator[Finding]:
    """Re-runs that decide, and how many do not."""
    for one in evidence:
        if one["verdict"] != UNDECIDED:
            kernels = one["kernels"]
            yield Finding(
                f"Run again on {one['machine']}",
                f"the suite {one['suite']} on vLLM's engine {one['verdict']}: of {kernels['all']}"
                f" kernels and sums {kernels['judged']} are large enough to judge,"
                f" {kernels['equal']} of them shown within the bound",
                "evidence",
            )
    told = "; ".join(
        f"{one['second']}, {one['kernels']['equal']} of {one['kernels']['judged']} shown within it"
        for one in evidence
        if one["verdict"] == UNDECIDED
    )
    if told:
        yield Finding("Run again, undecided", told, "evidence")


def _operator(gpu: str, op: Figure) -> Iterator[Finding]:
    again = op.get("same_word_again")
    beside = f" (recordings of the same kernel share {wording.per_cent(again)})" if again else ""
    yield Finding(
        "graphx's kernel is not yet vLLM's",
        f"on the {gpu}, vLLM's operator gives the same verdict on"
        f" {wording.per_cent(op['same_word'])} of {op['pairs']:,}{beside}. Rows chosen by graphx's"
        " verdict are more than the margin behind committed or default on"
        f" {wording.per_cent(op['two_gemm_over'])} of {op['two_gemm_over']['n']:,} cells, by the"
        f" operator's own finals on {wording.per_cent(op['op_over'])}: let it choose"
        " (`graphx judge`)",
        "agreement",
    )
    held = {name: agreement.held(op, "SGLang", name) for name in agreement.AGAINST}
    theirs, ours = held.values()
    if theirs and ours:
        yield Finding(
            "… nor SGLang's",
            f"its operator gives vLLM's verdict on {wording.per_cent(theirs['same_word'])} of"
            f" {theirs['same_word']['n']:,} pairs, that of graphx's kernel on"
            f" {wording.per_cent(ours['same_word'])} of {ours['same_word']['n']:,}",
            "agreement",
        )


def searching(summary: Summary) -> Iterator[Finding]:
    """What the tables of searches do not say."""
    for source, target, found in cold.ordered(summary):
        if source == NONE:
            yield Finding(
                f"As if nothing had been recorded on the {target}",
                f"what is proposed before any trial takes {wording.ratio(found['zero']['median'])}"
                f" times the fastest legal config in the median of {found['n']} cells,"
                f" {wording.ratio(found['zero']['p95'])} at the 95th percentile; the best of 8"
                f" trials {wording.ratio(found['eight'])} in the mean. Replayed; live it was not"
                " tried",
                "cold",
            )
    for device, taught in summary["teaching"].items():
        layer, family = (
            taught[out]["S1-S8, no source"]["over_source_1"] for out in ("layer_out", "family_out")
        )
        yield Finding(
            f"With the {short_name(device)}'s own recordings",
            f"{helped(taught)}: without one the first proposal takes"
            f" {wording.fine_ratio(layer)} times as long, layer out, {wording.fine_ratio(family)}"
            " family out",
            "teaching",
        )


def replays(summary: Summary) -> Iterator[Figure]:
    """``[device, known, cells, first, eight]`` of searches replayed, with ``trials`` to 2% where
    they were read off; from all that was recorded but the layer to nothing at all."""  # noqa: D205,D209
    for device, taught in summary["teaching"].items():
        for out, known in (
            ("layer_out", "all but the layer itself (layer out)"),
            ("family_out", "… nor its model family (family out)"),
        ):
            found = taught[out]["S1-S8"]
            yield {
                "device": device,
                "known": known,
                "cells": found["regret_1"]["n"],
                "first": found["regret_1"],
                "eight": found["regret_8"],
                "trials": [found["trials_median"], found["trials_p95"]],
            }
        if cold_found := summary.get("cold", {}).get(f"{NONE}->{device}"):
            yield {
                "device": device,
                "known": "nothing (GPU out)",
                "cells": cold_found["n"],
                "first": cold_found["K"]["1"],
                "eight": cold_found["eight"],
                "trials": [],
            }


def values(summary: Summary) -> Mapping[str, Any]:
    """What the templates show."""
    return {
        "first_pairs": list(pairs(summary)),
        "first_replays": list(replays(summary)),
        "first_serving": list(serving(summary)),
        "first_sure": list(sure(summary)),
        "first_searching": list(searching(summary)),
    }


SECTION = Section("first", values=values)
