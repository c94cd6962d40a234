"""What taught the searches that were replayed, and what the sources' files add to it."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.device import short_name
from scripts.lib.schemas import teaching as schema
from scripts.report import wording
from scripts.report.section import Figure, Frame, Headline, Section, Summary, find, made

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
    "S6": "S6, the predictor's order",
    PREDICTOR: "the predictor, without trials",
}
_BUDGETS = (1, 8, 16, 128)  # the columns of the tables
REGRETS = tuple(f"regret_{budget}" for budget in _BUDGETS)
ADDED = tuple(f"over_source_{budget}" for budget in _BUDGETS)
NEAR = "within_2_8"
# Set by hand, once for all folds; those of the first file by eye on layers that are judged here
# too (see there): constants -> their file.
BY_HAND = {
    "MOST_REGRET, SIMILAR_LAYERS, NEIGHBOURING_BATCHES": "scripts/transfer/library.py",
    "CELLS, CONFIGS, NEAR, ANYWHERE": "scripts/transfer/learn_kernel.py",
    "NEARBY": "scripts/transfer/strategies/s3_offset.py",
    "SHARE, LENGTH": "scripts/transfer/strategies/s5_neighbours.py",
    "PICKS": "scripts/transfer/strategies/s8_portfolio.py",
}


def teaching(table: Frame) -> Figure:
    """``[device][taught][search][metric]``: an estimate, its cells ``n`` and ``files``."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    out: Figure = {}
    for row in rows:
        searches = out.setdefault(row["device"], {}).setdefault(row["taught"], {})
        searches.setdefault(row["search"], {})[row["metric"]] = {
            "mean": row["value"],
            "ci": [row["low"], row["high"]],
            "n": int(row["n"]),
            "files": int(row["files"]),
        }
    return out


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
    parts = [
        f"{taught.replace('_', ' ')} {wording.fine_ratio(added)}"
        for taught in TAUGHT
        if (added := find(found, f"{taught}/{NO_SOURCE}/over_source_1"))
    ]
    cells = found["family_out"][NO_SOURCE]["over_source_1"]["n"]
    return (
        f"{device}, regret of the first trial without a source over that from one, on the same"
        f" {cells} cells: {'; '.join(parts)}. Above 1 a source's file helps; where the GPU's own"
        " recordings teach, it adds no more than that."
    )


SECTION = Section(
    "teaching",
    origins={"teaching": [TEACHING]},
    build=lambda read: {"teaching": teaching(read["teaching"])},
    readings=readings,
    values=lambda summary: {"taught_rows": listed(summary)},
    words={
        "teaching_words": {
            "TAUGHT": TAUGHT,
            "SEARCHES": SEARCHES,
            "REGRETS": REGRETS,
            "ADDED": ADDED,
            "NEAR": NEAR,
            "NO_SOURCE": NO_SOURCE,
            "BY_HAND": BY_HAND,
        }
    },
    links={"teaching": "What taught"},
)
