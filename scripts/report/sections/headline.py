"""The headline of each pair of GPUs, the tests over all pairs, and what the intervals cover."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.lib.schemas import headline as schema
from scripts.lib.schemas.headline import LEAST_FILES, Choice
from scripts.report import elsewhere, wording
from scripts.report.estimates import estimated
from scripts.report.gpus import beside, each, of_gpu
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
from scripts.report.sections.datasets import RECORDED
from scripts.report.sections.margins import SOURCES
from scripts.report.sections.provenance import RUNS
from scripts.report.sections.search import COSTS
from scripts.report.sections.search.words import HEADLINE as PIPELINE

HEADLINE = made("headline", "statistics.headline", schema.HEADLINE)
TESTS = made("headline_tests", "statistics.headline", schema.HEADLINE_TESTS)
COVERAGE_STUDY = made("coverage_study", "statistics.calibration", schema.COVERAGE_STUDY)
NO_TRIPLES = "no GPU of the target was there to measure on"
NO_COPIES = "no committed config of the pair was measured on the target"
NO_SEARCH = "no completely recorded cell has a config of this source to search from"


def headline(table: Frame, tests: Frame) -> Figure:
    """``["SRC->DST"]``: triples and files, gaps, each ``Choice`` by group and metric."""
    out: Figure = {}
    for row in table.to_dict("records"):
        pair = out.setdefault(f"{row['source']}->{row['target']}", {})
        metric, figure = str(row["metric"]), _figure(row)
        if row["choice"] == Choice.CORPUS:
            pair |= {"triples": figure["n"], "files": int(row["files"]), metric: figure}
            continue
        groups = pair.setdefault(str(row["choice"]), {})
        if figure["n"]:
            groups.setdefault(str(row["group"]), {})[metric] = figure
    for row in tests.to_dict("records"):
        pair = out[f"{row['source']}->{row['target']}"]
        pair.setdefault("tests", {})[str(row["choice"])] = _test(row)
    return out


def searched(summary: Summary) -> Summary:
    """``trials`` of each pair to within 2%, from the replayed searches; what it lacks, and why.

    A copy itself takes no trial.
    """
    gpus = dict(each(summary))
    out: Figure = {}
    for name, pair in summary["headline"].items():
        source, _, target = name.partition("->")
        found = find(gpus.get(target, {}), f"search/{PIPELINE}/classes/source/{source}")
        own: Figure = {}
        if found and str(Choice.COPY) in pair:
            own["trials"] = found["trials_to_2pct"] | {"n": found["n"]}
        out[name] = own | {"not_measured": _absent(pair | own, target in summary["measured"])}
    return {"headline": out}


def many_pairs(tests: Frame, target: str) -> Figure:
    """Of one target, per choice: pairs that win or lose more often than chance, and the rest."""
    counts = of_gpu(tests, target, "target").groupby(["choice", "finding"]).size()
    return {
        str(choice): {
            finding: int(counts.get((choice, finding), 0))
            for finding in ("wins_more", "loses_more", "open")
        }
        for choice in (Choice.COPY, Choice.BEST, Choice.SEARCHED)
    }


def _figure(row: dict[Any, Any]) -> Figure:
    """An estimate and how its interval was had; all four are in the table."""
    return estimated(row) | {"ci_by": str(row["ci_by"]), "held": bool(row["held"])}


def _test(row: dict[Any, Any]) -> Figure:
    names = ("wins", "losses", "files", "p_rows", "p_files", "p", "p_adjusted", "finding")
    return {name: row[name] for name in names}


def _absent(pair: Figure, there: bool) -> dict[str, str]:
    if str(Choice.COPY) not in pair:
        why = NO_COPIES if there else NO_TRIPLES
        return dict.fromkeys(("win_rate", "within_10", "trials"), why)
    return {} if "trials" in pair else {"trials": NO_SEARCH}


def coverage_study(table: Frame) -> list[Figure]:
    """A row for each layout: what it is, and the share covered by procedure."""
    keys = ["statistic", "correlation", "files", "rows", "studies"]
    rows = []
    for values, part in table.groupby(keys, sort=False):
        covered = dict(zip(part["procedure"], part["covered"].astype(float), strict=True))
        rows.append(dict(zip(keys, values, strict=True)) | {"covered": covered})
    return rows


def claims(summary: Summary, about: Headline) -> Iterator[Candidate]:
    """All triples of a pair: copied configs, the best of the configs tried, live searches."""
    for device in summary.get("measured", {}):
        for source in about.sources:
            yield from _over_triples(f"{source}->{device}")


def _over_triples(name: str) -> Iterator[Candidate]:
    title = wording.pair(name)
    for choice, what in (
        ("copied", "copied (S1)"),
        ("best", "best of the configs tried"),
        ("searched", "found by S1-S8 on the GPU itself, its other layers taught"),
    ):
        for metric, said in (
            ("within_2", "within 2% of the committed config on {rate} of {n} triples."),
            ("within_10", "within 10% of the committed config on {rate} of {n} triples."),
        ):
            path = f"headline/{name}/{choice}/all/{metric}"
            yield Candidate(path, HEADLINE, f"{title}, {what}: {said}")


def found(summary: Summary) -> Iterator[Finding]:
    """Of the pairs that first pages are about: at or under the committed config's latency."""
    for pair, one in summary["headline"].items():
        copied, searched = (one.get(name, {}).get("all") for name in ("copied", "searched"))
        if pair.split("->")[0] in SOURCES and copied and searched:
            yield Finding(
                wording.pair(pair),
                "at or under the committed config's latency, ties and noise included, are"
                f" {wording.per_cent(copied['win_rate'])} of {copied['win_rate']['n']:,} triples as"
                f" copied, {wording.per_cent(searched['win_rate'])} as searched from",
                "",
            )


SECTION = Section(
    "headline",
    about="configs of all GPUs with files for the same layer, copied and searched from: win rates",
    found=found,
    links={"headline": "Copied and searched, all pairs"},
    origins={
        "headline": [HEADLINE],
        "headline/*/trials": [COSTS],
        "headline/*/tests": [TESTS],
        "headline/*/not_measured": [Origin("scripts/report/sections/headline.py")],
        "many_pairs": [TESTS],
        "gpus/*/many_pairs": [TESTS],
        "coverage_study": [COVERAGE_STUDY],
        "least_files": [Origin("scripts/lib/schemas/headline.py")],
        "gap_pair": [Origin("scripts/report/elsewhere.py")],
    },
    build=lambda read: {
        "headline": headline(read["headline"], read["headline_tests"]),
        "coverage_study": coverage_study(read["coverage_study"]),
        **beside(read, lambda device: {"many_pairs": many_pairs(read["headline_tests"], device)}),
    },
    needs=(RECORDED, RUNS),
    derive=searched,
    claims=claims,
    values=lambda summary: {"targets": list(each(summary))},
    words={"least_files": LEAST_FILES, "gap_pair": elsewhere.GAP_PAIR},
)
