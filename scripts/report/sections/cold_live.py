"""Searches that ran on a GPU itself as if nothing had been recorded on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scripts.lib.device import short_name
from scripts.lib.schemas import cold_live as schema
from scripts.lib.schemas.cold import NONE
from scripts.lib.schemas.live import LIVE, TOGETHER
from scripts.lib.schemas.registered import OUTCOMES
from scripts.report import wording
from scripts.report.estimates import estimated
from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Finding, Frame, Section, Summary, made

COLD_LIVE = made("cold_live", "statistics.cold_live", schema.COLD_LIVE)
SEARCHES = made("cold_committed", "tune.cold", LIVE)
REGISTERED = made("registered_outcomes", "statistics.registered", OUTCOMES)
STARTS = {TOGETHER: "all files together", NONE: "no file"}
_GROUPS = {"scheme": "schemes", "layer": "layers"}
LAYERS = {
    schema.NEW: "no batch size recorded whole",
    schema.WHOLE: "some batch size recorded whole",
}
PAIRS = "aa"
# What says that two searches on a cell made the same trials; their seconds are sums of each.
_MADE = ("trials", "ended", "gpu_seconds", "choice_id", "trials_to_choice")
# Figures to reach, in words.
SAID = {
    "non_inferior": "non-inferiority",
    "trials_median": "trials",
    "zero_median": "the first proposal over the fastest found in the median",
    "zero_p95": "that at the 95th percentile",
    "mean_8": "the best of 8 trials over it in the mean",
}
WORDS = ("reached", "missed")  # of scripts.statistics.registered


def cold_live(table: Frame, outcomes: Frame, searches: Frame) -> Figure:
    """``[GPU]``: ``sources``, by what a search started from its figures, and those of its
    ``schemes`` and ``layers``; ``identical`` pairs by recording; what was ``registered`` and came
    of it, if it was.

    ``searches``: LIVE, see ``of_searches``.
    """  # noqa: D205
    out: Figure = {}
    for device, rows in table.groupby("device", sort=True):
        pairs = rows[rows["group"] == PAIRS]
        by_source = rows[rows["group"] != PAIRS].groupby("source", sort=True)
        made = of_searches(searches[searches["cell_id"].str.startswith(f"{device}/")])
        out[str(device)] = {
            "sources": {
                str(source): _of_source(some) | made.get(str(source), {})
                for source, some in by_source
            },
            "identical": {
                str(name): {"pairs": int(some["n"].iloc[0])}
                | dict(zip(some["metric"], some["value"].astype(float), strict=True))
                for name, some in pairs.groupby("which", sort=True)
            },
        }
    for device, rows in outcomes[outcomes["hidden"]].groupby("device", sort=True):
        figures = plain_rows(rows.drop(columns=["device", "hidden", "locked"]))
        about = {"locked": str(rows["locked"].iloc[0]), "figures": figures}
        out.setdefault(str(device), {"sources": {}, "identical": {}})["registered"] = about
    return out


def of_searches(searches: Frame) -> dict[str, Figure]:
    """By source ``same``, the share of cells whose search made the trials of the one from all
    files, and ``fresh``: how many cells' choices were judged by finals of their own."""  # noqa: D205,D209
    made = searches.assign(source=searches["source"].where(searches["source"] != "", TOGETHER))
    made = made.set_index(["source", "cell_id"]).astype(object)
    sources = made.index.get_level_values("source").unique()
    out: dict[str, Figure] = {}
    for source in sources:
        mine = made.loc[source]
        out[str(source)] = {"fresh": int(mine["fresh_decision"].notna().sum())}
        if TOGETHER in sources:
            whole = made.loc[TOGETHER].reindex(mine.index)[list(_MADE)]
            same = (mine[list(_MADE)] == whole) | mine[list(_MADE)].isna()
            out[str(source)]["same"] = float(same.all(axis=1).mean())
    return out


def _of_source(rows: Frame) -> Figure:
    found = _figures(rows[rows["group"] == "all"])
    for group, name in _GROUPS.items():
        parts = rows[rows["group"] == group].groupby("which", sort=True)
        if classes := {str(which): _figures(part) for which, part in parts}:
            found[name] = classes
    return found


def _figures(rows: Frame) -> Figure:
    figures = {str(row["metric"]): estimated(row) | {"files": int(row["files"])}
               for row in rows.to_dict("records")}  # fmt: skip
    return {"n": figures["trials_median"]["n"], **figures}


def tried(summary: Summary) -> dict[str, Figure]:
    """The GPUs on which such searches ran, and their figures."""
    return {name: one for name, one in summary.get("cold_live", {}).items() if one["sources"]}


def start(source: str) -> str:
    """What a search started from, in words."""
    return STARTS.get(source) or f"the file of {short_name(source)}"


def ordered(sources: Mapping[str, Figure]) -> list[tuple[str, Figure]]:
    """In words and figures: from all files, from none, then from those of the most cells."""
    first = [name for name in STARTS if name in sources]
    rest = sorted(set(sources) - set(first), key=lambda name: (-sources[name]["n"], name))
    return [(start(name), sources[name]) for name in (*first, *rest)]


def files_say_nothing(sources: Mapping[str, Figure]) -> bool:
    """Whether a search is the same whatever file it starts from, on every cell."""
    return len(sources) > 1 and all(found.get("same") == 1 for found in sources.values())


def classes(sources: Mapping[str, Figure]) -> Iterator[tuple[str, str, Figure]]:
    """Start, class and figures, of number formats and of layers by their recordings.

    A start whose searches are those from all files has no classes of its own.
    """
    for name, found in ordered(sources):
        if name != start(TOGETHER) and found.get("same") == 1:
            continue
        for scheme, some in found.get("schemes", {}).items():
            yield name, scheme, some
        for which, some in found.get("layers", {}).items():
            yield name, f"layers with {LAYERS[which]}", some


def findings(summary: Summary) -> Iterator[Finding]:
    """Of each GPU on which such searches ran from all files: how many trials, and how good."""
    for device, one in tried(summary).items():
        found = one["sources"].get(TOGETHER)
        if found is None or "non_inferior" not in found:
            continue
        of_default = ""
        if "win_default" in found:
            of_default = (
                f", within 2% of the better of it and vLLM's default on"
                f" {wording.per_cent(found['within_2_better'])}"
            )
        yield Finding(
            f"On the {short_name(device)} itself, its own recordings hidden",
            f"searches end by themselves after {wording.trials(found['trials_median'])} trials in"
            f" the median of {found['n']:,} cells; by rounds that did not choose, what they chose"
            f" is shown to be non-inferior to the committed config on"
            f" {wording.per_cent(found['non_inferior'])}, wins"
            f" {wording.per_cent(found['win'])}, loses {wording.per_cent(found['loss'])}"
            f"{of_default}. What is proposed before any trial takes"
            f" {wording.ratio(found['first_median'])} times the choice in the median"
            f"{_outcomes(one)}",
            "search",
        )


def _outcomes(one: Figure) -> str:
    """What came of the figures to reach, of searches from all files."""
    if "registered" not in one:
        return ""
    came = {
        row["metric"]: row["word"]
        for row in one["registered"]["figures"]
        if row["source"] == TOGETHER
    }
    told = [
        f"{word}: {', '.join(said)}"
        for word in WORDS
        if (said := [text for name, text in SAID.items() if came.get(name) == word])
    ]
    return f". Registered before and {'; '.join(told)}" if told else ""


SECTION = Section(
    "cold_live",
    within="cold",
    origins={
        "cold_live": [COLD_LIVE],
        "cold_live/*/registered": [REGISTERED],
        "cold_live/*/sources/*/same": [SEARCHES],
        "cold_live/*/sources/*/fresh": [SEARCHES],
    },
    build=lambda read: {
        "cold_live": cold_live(
            read["cold_live"], read["registered_outcomes"], read["cold_committed"]
        )
    },
    values=lambda summary: {"cold_tried": tried(summary)},
    words={
        "cold_live_words": {
            "BUDGETS": schema.LIVE_BUDGETS,
            "ordered": ordered,
            "classes": classes,
            "start": start,
            "files_say_nothing": files_say_nothing,
        }
    },
    links={"cold_live": "A GPU never recorded, live"},
)
