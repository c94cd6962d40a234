"""What is shown of choices against the committed configs, and how identical pairs err."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.schemas import margins as schema
from scripts.lib.schemas.live import TOGETHER
from scripts.report import wording
from scripts.report.estimates import estimate
from scripts.report.rows import plain_rows
from scripts.report.section import (
    Candidate,
    Figure,
    Finding,
    Frame,
    Headline,
    Section,
    Summary,
    find,
    made,
)

MARGINS = made("margins", "statistics.margins", schema.MARGINS)
AA_RATES = made("aa_rates", "statistics.aa_rates", schema.AA_RATES)
ALL = "all"
# choice -> in words, in the order of the table
CHOICES = {
    "searched": "found by S1-S8 on the GPU itself, its other layers taught",
    "halves": "the same choice, by the study's own rounds",
    "fastest": "its fastest trial, before the finals",
    "copied": "copied (S1)",
}
ERRORS = {
    "recorded": "as the rounds say",
    "widened": "widened by what identical pairs differ by",
}
QUOTED = "widened"
FORMER = {"non_inferior": "not_worse"}  # keys of the summary stay: metric -> its first name
# The source GPUs that first pages are about.
SOURCES = ("NVIDIA_H100_80GB_HBM3", "AMD_Instinct_MI300X")
REACH = 0.98  # of triples, at the margin of a win


def level(margin: float) -> str:
    """A margin as the summary's key, in per cent."""
    return f"{100 * float(margin):g}"  # plain: a traced one would mark the key


def margins(table: Frame) -> Figure:
    """``["SRC->DST"][choice][error][margin in per cent][metric]``; see MARGINS and FORMER."""
    out: Figure = {}
    for row in table.to_dict("records"):
        choices = out.setdefault(f"{row['source']}->{row['device']}", {})
        errors = choices.setdefault(str(row["choice"]), {})
        levels = errors.setdefault(str(row["error"]), {})
        found = levels.setdefault(level(row["margin"]), {"files": int(row["clusters"])})
        metric, figure = str(row["metric"]), estimate(row)
        found |= {name: figure for name in (metric, FORMER.get(metric)) if name}
    return out


def aa_rates(table: Frame) -> Figure:
    """``[dataset][M or all]``: how many identical pairs, how many miss parity, how far apart."""
    out: Figure = {}
    for row in plain_rows(table):
        name, tokens = row.pop("dataset"), row.pop("tokens")
        out.setdefault(name, {})[ALL if tokens is None else f"{tokens}"] = row
    return out


def pairs(summary: Summary) -> list[tuple[str, Figure]]:
    """Each pair and its choices, those from all sources together first."""
    found = summary["margins"].items()
    return sorted(found, key=lambda item: (not item[0].startswith(TOGETHER), item[0]))


def levels(summary: Summary) -> list[str]:
    """The margins in per cent, ascending."""
    choices = pairs(summary)[0][1]
    return sorted(next(iter(choices.values()))[QUOTED], key=float)


def shown(summary: Summary, pair: str, choice: str = "searched") -> Figure | None:
    """How many triples are shown non-inferior at the margin of a win, if the pair was judged."""
    margin = level(summary.get("statistics", {}).get("margin", 0))
    found: Figure | None = find(summary, f"margins/{pair}/{choice}/{QUOTED}/{margin}/non_inferior")
    return found


def claims(summary: Summary, about: Headline) -> Iterator[Candidate]:
    """What is shown at the margin of a win: non-inferior, and won, by the widened interval."""
    margin = level(summary.get("statistics", {}).get("margin", 0))
    for device in summary.get("measured", {}):
        for source in about.sources:
            for choice in ("copied", "searched"):
                path = f"margins/{source}->{device}/{choice}/{QUOTED}/{margin}"
                title = f"{wording.pair(f'{source}->{device}')}, {CHOICES[choice]}"
                for metric, said in (
                    ("non_inferior", "non-inferior to the committed config"),
                    ("win", "a win over the committed config"),
                ):
                    sentence = f"{title}: {said} is shown on {{rate}} of {{n}} triples."
                    yield Candidate(f"{path}/{metric}", MARGINS, sentence)


def readings(summary: Summary, about: Headline) -> Iterator[str]:
    """What is shown of the searches, beside what was to be; what identical pairs say of it."""
    margin = level(summary.get("statistics", {}).get("margin", 0))
    for device in summary.get("measured", {}):
        for source in about.sources:
            pair = f"{source}->{device}"
            if found := find(summary, f"margins/{pair}/searched"):
                yield _shown(summary, wording.pair(pair), found[QUOTED][margin])
    for dataset, rates in summary.get("aa_rates", {}).items():
        if dataset_missed := rates[ALL]["missed"]:
            yield (
                f"{dataset}: the intervals of {wording.share(dataset_missed)} of"
                f" {rates[ALL]['pairs']:,} identical pairs miss parity, where their level leaves"
                f" {wording.share(1 - summary['statistics']['level'])} open."
            )


def _shown(summary: Summary, title: str, found: Figure) -> str:
    non_inferior = found["non_inferior"]
    reached = "reached" if non_inferior["mean"] >= REACH else "not reached"
    return (
        f"{title}, S1-S8 on the GPU itself: non-inferior at a margin of"
        f" {wording.number(100 * summary['statistics']['margin'])}% is shown on"
        f" {wording.per_cent(non_inferior)} of {non_inferior['n']:,} triples (to reach:"
        f" {wording.share(REACH)}; {reached}); {wording.per_cent(found['win'])} are won,"
        f" {wording.per_cent(found['equal'])} proven equal, {wording.per_cent(found['open'])} open,"
        f" {wording.per_cent(found['loss'])} lost."
    )


def found(summary: Summary) -> Iterator[Finding]:
    """Of the pairs that first pages are about: what is shown of copied and of searched configs."""
    margin = level(summary["statistics"]["margin"])
    for pair, choices in pairs(summary):
        if pair.split("->")[0] in SOURCES and {"copied", "searched"} <= set(choices):
            copied, searched = (choices[name][QUOTED][margin] for name in ("copied", "searched"))
            yield Finding(
                wording.pair(pair),
                f"non-inferior to the committed config is shown on"
                f" {wording.per_cent(copied['non_inferior'])} of {copied['win']['n']:,} triples as"
                f" copied, on {wording.per_cent(searched['non_inferior'])} as searched from; of the"
                f" searched, a win on {wording.per_cent(searched['win'])}, a loss on"
                f" {wording.per_cent(searched['loss'])}",
                "",
            )


SECTION = Section(
    "margins",
    about="how many choices are shown to be no slower than the committed config, by margin",
    origins={"margins": [MARGINS], "aa_rates": [AA_RATES]},
    build=lambda read: {
        "margins": margins(read["margins"]),
        "aa_rates": aa_rates(read["aa_rates"]),
    },
    found=found,
    do="do not copy another GPU's file unasked; search from it, or check it (`graphx check`).",
    claims=claims,
    readings=readings,
    values=lambda summary: {
        "shown_pairs": pairs(summary),
        "shown": lambda pair, choice: shown(summary, pair, choice),
        "margin_levels": levels(summary),
        "quoted_margin": level(summary["statistics"]["margin"]),
    },
    words={"margin_words": {"CHOICES": CHOICES, "ERRORS": ERRORS, "REACH": REACH, "ALL": ALL}},
    links={"margins": "What is shown of choices"},
)
