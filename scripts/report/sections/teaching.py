"""What taught the searches that were replayed, and what the sources' files add to it."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.chosen import values
from scripts.lib.device import short_name
from scripts.lib.schemas import teaching as schema
from scripts.report import wording
from scripts.report.estimates import estimated
from scripts.report.section import (
    Candidate,
    Figure,
    Finding,
    Frame,
    Headline,
    Origin,
    Section,
    Summary,
    find,
    made,
)

TEACHING = made("teaching", "statistics.teaching", schema.TEACHING)
# what taught -> in words, in the order of the table
TAUGHT = {
    "layer_out": "layer out: all recorded layers of the GPU but the layer itself",
    "family_out": "family out: all of them but those of its model family",
    "gpu_out": "GPU out: what other GPUs recorded",
}
ONE_SOURCE, NO_SOURCE, PREDICTOR = "S1-S8", "S1-S8, no source", "predictor"
SEARCHES = {
    ONE_SOURCE: "S1-S8, one source",
    "S1-S8, stops": "S1-S8, one source, stops early",
    NO_SOURCE: "S1-S8, no source",
    f"{NO_SOURCE}, stops": "S1-S8, no source, stops early",
    "S6": "S6, the predictor's order",
    PREDICTOR: "the predictor, without trials",
}
_BUDGETS = (1, 8, 16, 128)  # the columns of the tables
REGRETS = tuple(f"regret_{budget}" for budget in _BUDGETS)
ADDED = tuple(f"over_source_{budget}" for budget in _BUDGETS)
NEAR = "within_2_8"
# What was chosen in the end, against the committed config: metric -> in words.
OVER_COMMITTED = {
    "committed_non_inferior": "non-inferior, shown",
    "committed_win": "win",
    "committed_loss": "loss",
    "committed_within_2": "within 2%",
}
# As the searches on the GPU ran: they end by themselves.
AS_LIVE = ("S1-S8, stops", f"{NO_SOURCE}, stops")
SHORT = {"layer_out": "layer out", "family_out": "family out", "gpu_out": "GPU out"}


def teaching(table: Frame) -> Figure:
    """``[device][taught][search][metric]``: an estimate, its cells ``n`` and ``files``."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    out: Figure = {}
    for row in rows:
        searches = out.setdefault(row["device"], {}).setdefault(row["taught"], {})
        searches.setdefault(row["search"], {})[row["metric"]] = estimated(row) | {
            "files": int(row["files"])
        }
    return out


def chosen() -> list[Figure]:
    """The constants that no fold refits: name, value, file, what they were chosen on."""
    return [
        {"name": name, "value": value, "file": file, "on": str(on)}
        for name, value, file, on in values()
    ]


def listed(summary: Summary) -> list[tuple[str, str, str, Figure]]:
    """(GPU, what taught, search, its figures), in the order of the pages."""
    return [
        (device, taught, search, found[taught][search])
        for device, found in summary["teaching"].items()
        for taught in TAUGHT
        if taught in found
        for search in SEARCHES
        if search in found[taught]
    ]


def added(found: Figure) -> str:
    """What a source adds to the first trial by each teaching, and whether that is shown to help.

    ``found``: one GPU's figures.
    """
    parts = [f"{wording.fine_ratio(one)} {SHORT[taught]}" for taught, one in _over_source(found)]
    return f"{', '.join(parts)}: {helped(found)}"


def helped(found: Figure) -> str:
    """Whether a source's file is shown to help the first trial, in words."""
    where = [SHORT[taught] for taught, one in _over_source(found) if one["ci"][0] > 1]
    word = f"shown to help {' and '.join(where)}" if where else "not shown to help"
    return f"a source's file is {word}"


def _over_source(found: Figure) -> Iterator[tuple[str, Figure]]:
    for taught in SHORT:
        if one := find(found, f"{taught}/{NO_SOURCE}/over_source_1"):
            yield taught, one


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """Two sentences per GPU: how much a family left out costs, what the sources add."""
    for device, found in summary.get("teaching", {}).items():
        if find(found, f"family_out/{ONE_SOURCE}") is None or "layer_out" not in found:
            continue
        yield _left_out(short_name(device), found)
        yield _added(short_name(device), found)


def _left_out(device: str, found: Figure) -> str:
    layer, family = found["layer_out"], found["family_out"]
    parts = [
        f"{words} {wording.ratio(family[ONE_SOURCE][f'regret_{budget}'])} (layer out"
        f" {wording.ratio(layer[ONE_SOURCE][f'regret_{budget}'])})"
        for budget, words in ((1, "the first trial is at"), (8, "after 8 trials the best is at"))
    ]
    return (
        f"{device}, recordings taught the searches; with the model family left out of what taught,"
        f" S1-S8 from one source: {', '.join(parts)} times the fastest; the predictor's first 8"
        f" hold one within 2% on {wording.per_cent(family[PREDICTOR][NEAR])} of"
        f" {family[PREDICTOR][NEAR]['n']} cells (layer out"
        f" {wording.per_cent(layer[PREDICTOR][NEAR])})."
    )


def _added(device: str, found: Figure) -> str:
    cells = found["family_out"][NO_SOURCE]["over_source_1"]["n"]
    return (
        f"{device}, regret of the first trial without a source over that from one, on the same"
        f" {cells} cells: {added(found)}, where the GPU's own recordings teach. Above 1 a source's"
        " file helps."
    )


def claims(summary: Summary, _: Headline) -> Iterator[Candidate]:
    """Family out beside what the section on searches claims, and what a source adds."""
    for device, found in summary.get("teaching", {}).items():
        for taught in SHORT:
            if taught in found:
                yield from _of_teaching(device, taught)


def _of_teaching(device: str, taught: str) -> Iterator[Candidate]:
    path, gpu = f"teaching/{device}/{taught}", short_name(device)
    if taught != "layer_out":
        title = f"{gpu}, {SHORT[taught]}, S1-S8 from one source GPU at a time"
        yield Candidate(
            f"{path}/{ONE_SOURCE}/trials_p95",
            TEACHING,
            f"{title}: {{trials}} trials to within 2% of the fastest legal config, the 95th"
            " percentile of cells ({n} cells).",
        )
        yield Candidate(
            f"{path}/{ONE_SOURCE}/regret_16",
            TEACHING,
            f"{title}, 16 trials: {{fine_ratio}} times the fastest legal config's latency"
            " (geometric mean of {n} cells).",
        )
    yield Candidate(
        f"{path}/{NO_SOURCE}/over_source_1",
        TEACHING,
        f"{gpu}, {SHORT[taught]}: without any source the first trial of S1-S8 is at {{fine_ratio}}"
        " times what it is at from one source GPU (geometric mean of {n} cells).",
    )


def found(summary: Summary) -> Iterator[Finding]:
    """Whether a source's file adds anything to the GPU's own recordings."""
    for device, taught in summary["teaching"].items():
        said = ", ".join(
            f"{wording.fine_ratio(one)} times as long, {SHORT[out]}"
            for out, one in _over_source(taught)
        )
        if said:
            yield Finding(
                f"With the {short_name(device)}'s own recordings",
                f"{helped(taught)}: without one the first proposal takes {said}",
                "search",
            )


SECTION = Section(
    "teaching",
    about="what searches owe to recordings of the same GPU, and to a source's file",
    origins={"teaching": [TEACHING], "chosen": [Origin("scripts/lib/chosen.py")]},
    build=lambda read: {"teaching": teaching(read["teaching"]), "chosen": chosen()},
    found=found,
    do="keep `build/learned/`: what `graphx tune` learned of your GPU's layers teaches the next.",
    claims=claims,
    readings=readings,
    values=lambda summary: {
        "taught_rows": listed(summary),
        "source_adds": added,
        "source_helps": helped,
    },
    words={
        "teaching_words": {
            "TAUGHT": TAUGHT,
            "SEARCHES": SEARCHES,
            "REGRETS": REGRETS,
            "ADDED": ADDED,
            "NEAR": NEAR,
            "NO_SOURCE": NO_SOURCE,
            "OVER_COMMITTED": OVER_COMMITTED,
            "AS_LIVE": AS_LIVE,
            "SHORT": SHORT,
        }
    },
    phrases={
        "after 8 trials the best is at": "names a budget of trials, K of data/spec.yaml",
        "the predictor's first 8 hold": "names a budget of trials, K of data/spec.yaml",
        "Above 1 a source's file helps": "part of a definition",
    },
    links={"teaching": "What taught the searches"},
)
