"""Which configs are legal on which GPU, by formula and by compiler."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scripts.lib.device import find_device, short_name
from scripts.lib.schemas import space as schema
from scripts.lib.schemas.space import Stage
from scripts.report import wording
from scripts.report.matrices import Matrix, schemes_by
from scripts.report.section import (
    Figure,
    Finding,
    Frame,
    Headline,
    Section,
    Summary,
    find,
    made,
    table,
)
from scripts.report.traced import count

SPACES = table(
    "space", "results/tables/space/", "space.enumerate", schema.SPACE,
    "device", "scheme", "legal", "stage", "reason", "compiled_as", "shared_bytes", "registers",
    "spills", "occupancy",
)  # fmt: skip
COUNTS = made("space_counts", "space.counts", schema.SPACE_COUNTS)
SAMPLE = made("space_sample", "space.counts", schema.SPACE_SAMPLE)
LEGALITY = made("legality", "space.legality", schema.LEGALITY)
TOTALS = ("enumerated", "pruned", "prefiltered", "legal", "naive_formula")
BY_KEY = ("binaries", "triton", "whole_space", "refused_sample")
AGREEMENTS = ("legality", "shared", "registers", "spills")
DIFFERENCES = ("largest_shared", "largest_registers", "largest_spills")


def space(counts: Frame, configs: Frame) -> Figure:
    """Per GPU and scheme: configs enumerated, left by each stage, legal, and why others not.

    ``counts``: SPACE_COUNTS; a quantity that a space does not have is left out. ``configs``: SPACE
    of spaces among them, whose facts stand as ``compiler``.
    """
    out: Figure = {}
    for key, rows in counts.groupby(["device", "scheme"], sort=True):
        device, scheme = (str(part) for part in key)
        found = {name: _by_key(rows, name) for name in (*TOTALS, *BY_KEY)}
        out.setdefault(device, {})[scheme] = {
            **{name: found[name][""] for name in TOTALS if found[name]},
            **{name: found[name] for name in BY_KEY if found[name]},
            "reasons": _by_key(rows, "reason"),
        }
    for key, rows in configs.groupby(["device", "scheme"], sort=True):
        device, scheme = (str(part) for part in key)
        out[device][scheme]["compiler"] = _compiler(rows)
    return out


def _by_key(counts: Frame, quantity: str) -> dict[str, int]:
    rows = counts[counts["quantity"] == quantity].sort_values("key")
    return {str(row["key"]): int(row["value"]) for row in rows.to_dict("records")}


def _compiler(configs: Frame) -> Figure:
    """What the compiler says of one space: facts of the legal configs, and what it refuses."""
    legal = configs[configs["legal"]]
    refused = configs[configs["stage"] == Stage.COMPILER].dropna(subset=["compiled_as"])
    by_reason = refused.groupby("reason")["compiled_as"].unique()
    by_stage: Figure = {}
    for (stage, reason), rows in configs.groupby(["stage", "reason"], sort=True):
        by_stage.setdefault(str(stage), {})[str(reason)] = len(rows)
    return {
        "rejected_by": by_stage,
        **{name: _spread(legal[name]) for name in ("registers", "shared_bytes", "occupancy")},
        "spilling": int((legal["spills"] > 0).sum()),
        "refused_binaries": {str(reason): sorted(ids) for reason, ids in by_reason.items()},
    }


def _spread(values: Any) -> Figure:
    known = values.dropna().astype(float)
    return {name: float(getattr(known, name)()) for name in ("median", "min", "max")}


def space_sample(sample: Frame) -> Figure:
    """``[arch][scheme][what differs]``: binaries drawn, how many agree, largest differences."""
    out: Figure = {}
    for row in sample.sort_values(["arch", "scheme", "differs"]).to_dict("records"):
        entry = {name: int(row[name]) for name in ("binaries", *AGREEMENTS, *DIFFERENCES)}
        out.setdefault(row["arch"], {}).setdefault(row["scheme"], {})[row["differs"]] = entry
    return out


def legality(table: Frame) -> Figure:
    """``["SRC->DST"][scheme]``: committed configs, legal as they stand and when carried."""
    out: Figure = {}
    for row in table.sort_values(["source", "target", "scheme"]).to_dict("records"):
        pair = out.setdefault(f"{row['source']}->{row['target']}", {})
        pair[row["scheme"]] = {
            **{name: int(row[name]) for name in ("configs", "legal", "legal_carried")},
            "reasons": json.loads(row["reasons"]),
        }
    return out


def across(pairs: Figure) -> Matrix:
    """GPUs whose spaces were compiled, source by target; other sources have no row.

    A cell sums configs, legal and legal_carried over all schemes.
    """
    split = {tuple(pair.split("->")): schemes for pair, schemes in pairs.items()}
    targets = sorted({target for _, target in split})
    sources = [name for name in targets if name in {source for source, _ in split}]
    return Matrix(
        targets,
        [(source, [_total(split.get((source, name))) for name in targets]) for source in sources],
    )


def _total(schemes: Figure | None) -> dict[str, int] | None:
    if schemes is None:
        return None
    names = ("configs", "legal", "legal_carried")
    return {name: sum(entry[name] for entry in schemes.values()) for name in names}


def sample(archs: Figure) -> list[tuple[str, str, dict[str, int]]]:
    """(architecture, what differs, figures over all schemes): sums, and the largest differences."""
    found: dict[tuple[str, str], list[Figure]] = {}
    for arch, schemes in archs.items():
        for entries in schemes.values():
            for differs, entry in entries.items():
                found.setdefault((arch, differs), []).append(entry)
    return [
        (
            arch,
            differs,
            {name: sum(entry[name] for entry in entries) for name in ("binaries", *AGREEMENTS)}
            | {name: max(entry[name] for entry in entries) for name in DIFFERENCES},
        )
        for (arch, differs), entries in sorted(found.items())
    ]


def readings(summary: Summary, headline: Headline) -> list[str]:
    """What the prefilter and the published formula get wrong, and what other GPUs' configs can."""
    return [
        *_whole_spaces(summary.get("space", {})),
        *_published_formula(summary),
        *_carried_over(summary, headline),
    ]


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


def _carried_over(summary: Summary, headline: Headline) -> list[str]:
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


def found(summary: Summary) -> Iterator[Finding]:
    """How much of what the prefilter lets through the compiler accepts, over all GPUs."""
    every = [one for schemes in summary["space"].values() for one in schemes.values()]
    enumerated, passed, legal = (
        sum(one[name] for one in every) for name in ("enumerated", "prefiltered", "legal")
    )
    yield Finding(
        "Compiled without the GPU",
        f"{enumerated:,} configs for {count(summary['space'])} GPUs, by number formats: {passed:,}"
        f" pass the prefilter by formula, {legal:,} of them compile",
        "",
    )


SECTION = Section(
    "spaces",
    about="which configs compile for which GPU",
    found=found,
    do="`graphx check` says of a file which of its rows cannot launch on a GPU.",
    origins={
        "space": [COUNTS],
        "space/*/*/compiler": [SPACES],
        "space_sample": [SAMPLE],
        "legality": [LEGALITY],
    },
    build=lambda read: {
        "space": space(read["space_counts"], read["space"]),
        "space_sample": space_sample(read["space_sample"]),
        "legality": legality(read["legality"]),
    },
    readings=readings,
    values=lambda summary: {
        "spaces": schemes_by(summary["space"]),
        "sample": sample(summary["space_sample"]),
        "legality": across(summary["legality"]),
    },
    captions={"legality": "Share of one GPU's committed configs that are legal on another."},
    links={"space": "Legal configs", "legality": "On other GPUs"},
)
