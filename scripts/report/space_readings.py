"""Sentences on correctness, on legal configs, and on the GPU that is not there."""

from __future__ import annotations

from typing import Any

from scripts.lib.device import find_device, short_name
from scripts.report import wording
from scripts.report.claims import Headline, Summary, find
from scripts.report.traced import count

Figure = dict[str, Any]
WHERE = {"interpreter": "in the interpreter"}


def correctness(summary: Summary) -> list[str]:
    """One sentence per machine: how many layers, of how many formats, and the worst of them."""
    return [
        _checked(machine, schemes) for machine, schemes in summary.get("correctness", {}).items()
    ]


def _checked(machine: str, schemes: Figure) -> str:
    rows = sum(entry["rows"] for entry in schemes.values())
    failed = rows - sum(entry["correct"] for entry in schemes.values())
    where = WHERE.get(machine, f"on the {short_name(machine)}")
    known = {k: v for k, v in schemes.items() if v["largest_logits_diff"] is not None}
    text = f"Correctness {where}: {rows:,} layers in {count(schemes)} number formats, "
    text += f"{failed:,} of them not correct" if failed else "all correct"
    if not known:
        return f"{text}."
    worst = max(known, key=lambda name: float(known[name]["largest_logits_diff"]))
    return (
        f"{text}; the largest logits_diff is"
        f" {wording.number(known[worst]['largest_logits_diff'])} ({worst})."
    )


def legal_configs(summary: Summary) -> list[str]:
    """What the prefilter and the published formula get wrong, if anything."""
    return [*_whole_spaces(summary.get("space", {})), *_published_formula(summary)]


def _whole_spaces(spaces: Figure) -> list[str]:
    """GPUs of one architecture share their binaries: what was compiled is said once."""
    found = {
        f"{find_device(device).arch} {scheme}": entry["whole_space"]
        for device, schemes in spaces.items()
        for scheme, entry in schemes.items()
        if "whole_space" in entry
    }
    return [_whole_space(name, found[name]) for name in sorted(found)]


def _whole_space(name: str, whole: Figure) -> str:
    text = (
        f"{name}, the whole space compiled: of {whole['rejected']:,} binaries that the prefilter"
        " rejects the compiler accepts"
    )
    if whole["accepted"] == 0:
        return f"{text} none."
    return f"{text} {whole['accepted']:,}; the prefilter is wrong there."


def _published_formula(summary: Summary) -> list[str]:
    """The published filters' formula against the compiler, on the spaces that were measured."""
    sentences = []
    for device, section in summary.get("measured", {}).items():
        for scheme in section.get("largest_logits_diff", {}):
            entry = find(summary, f"space/{device}/{scheme}")
            if entry and "naive_formula" in entry:
                refused = entry["prefiltered"] - entry["legal"]
                sentences.append(
                    f"{short_name(device)}, {scheme}: the formula of published filters,"
                    f" (M + N) * K * bytes * stages, leaves {entry['naive_formula']:,} of"
                    f" {entry['enumerated']:,} configs; the compiler accepts {entry['legal']:,}"
                    f" and refuses {refused or 'none'} of those that the prefilter lets through."
                )
    return sentences


def carried(summary: Summary, headline: Headline) -> list[str]:
    """How many committed configs of the headline's sources the measured GPU could run."""
    sentences = []
    for device in summary.get("measured", {}):
        for source in headline.sources:
            if schemes := find(summary, f"legality/{source}->{device}"):
                sentences.append(_carried(f"{source}->{device}", schemes))
    return sentences


def _carried(pair: str, schemes: Figure) -> str:
    total, legal, without = (
        sum(entry[name] for entry in schemes.values())
        for name in ("configs", "legal", "legal_carried")
    )
    text = (
        f"{wording.pair(pair)}: of {total:,} committed configs (all number formats)"
        f" {wording.share(legal, total)} are legal as they stand"
    )
    if without == legal:
        return f"{text}."
    share = wording.share(without, total)
    return f"{text}, {share} without the keys that the target does not read."


def absent_target(summary: Summary) -> list[str]:
    """What is known of triples whose target GPU is absent, and that none of it is measured."""
    return [_triples(pair, facts) for pair, facts in summary.get("triples", {}).items()]


def _triples(pair: str, facts: Figure) -> str:
    target, ratio = short_name(pair.split("->")[1]), facts["predicted_ratio"]
    text = (
        f"{wording.pair(pair)}: none of the {facts['triples']} triples is measured, since no"
        f" {target} was there. {facts['legal']} of the carried configs are legal on it by"
        f" compilation."
    )
    if not ratio["n"]:
        return text
    levels = wording.named(facts["confidence"])
    return (
        f"{text} graphx-sim, which learned from no {target}, predicts them at {ratio['median']:.2f}"
        f" times the latency of the {target}'s own config (median; {ratio['p5']:.2f} to"
        f" {ratio['p95']:.2f} hold nine in ten); its confidence: {levels}."
    )
