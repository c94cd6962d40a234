"""The mined corpus: files, rows, triples, and the gap from a source's config to its target's."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.schemas import statistics as schema
from scripts.lib.schemas.history import HISTORY as MINED
from scripts.report import wording
from scripts.report.estimates import both_intervals
from scripts.report.section import (
    Candidate,
    Figure,
    Frame,
    Headline,
    Section,
    Summary,
    find,
    made,
    table,
)

HISTORY = table("history", "data/recorded/history.parquet", "mine.mine", MINED, "file", "batch")
GAPS = made("gaps", "statistics.gaps", schema.GAPS)


def corpus(history: Frame, gaps: Frame) -> Figure:
    """Files, rows, triples, and for each ordered pair of devices its size and both gaps."""
    pairs: Figure = {}
    for row in gaps.to_dict("records"):
        pair = pairs.setdefault(
            f"{row['source']}->{row['target']}",
            {"file_pairs": int(row["file_pairs"]), "triples": int(row["triples"])},
        )
        pair[str(row["metric"])] = both_intervals(row)
    json_files = history.loc[history["file"].str.endswith(".json"), "file"]
    return {
        "files": int(json_files.nunique()),
        "rows": int(history["batch"].notna().sum()),
        "triples": sum(pair["triples"] for pair in pairs.values()),
        "pairs": pairs,
    }


def claims(_: Summary, headline: Headline) -> Iterator[Candidate]:
    """The gap of the headline's pair, by both dates."""
    name = wording.pair(headline.gap_pair)
    for metric, event in (
        ("gap_days_last", "the files' most recent commits"),
        ("gap_days_first", "the files' first commits"),
    ):
        sentence = f"{name}: {{days}} days between {event}, the mean of {{n}} triples."
        yield Candidate(f"corpus/pairs/{headline.gap_pair}/{metric}", GAPS, sentence)


def readings(summary: Summary, headline: Headline) -> list[str]:
    """What the interval of the gap rests on, and what later touches add to it."""
    pair = headline.gap_pair
    last = find(summary, f"corpus/pairs/{pair}/gap_days_last")
    first = find(summary, f"corpus/pairs/{pair}/gap_days_first")
    if last is None or first is None:
        return []
    rows, files = wording.ends(last["ci_rows"]), wording.ends(last["ci_files"])
    share = 1 - first["mean"] / last["mean"]
    return [
        f"{wording.pair(pair)}: resampling triples gives {rows} days for the gap by last commit,"
        f" resampling whole files {files}. The triples of one file share their dates, so the"
        " second is the honest one.",
        f"By first commit the gap is {first['mean']:.1f} days: {share:.0%} of the gap by last"
        " commit is later touches of files that were already there.",
    ]


SECTION = Section(
    "corpus",
    about="files, rows and pairs of GPUs in vLLM's history",
    origins={"corpus": [GAPS], "corpus/files": [HISTORY], "corpus/rows": [HISTORY]},
    build=lambda read: {"corpus": corpus(read["history"], read["gaps"])},
    claims=claims,
    readings=readings,
    captions={"gaps": "Days from the source's config file to the target's."},
)
