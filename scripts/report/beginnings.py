"""What a page of details begins with: what was found, and what a reader does with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scripts.report.section import Finding, Headline, Section, Summary
from scripts.report.sections import SECTIONS

MOST = 4  # sentences; the rest stand among all readings


def headline(claims: Iterable[Mapping[str, Any]]) -> Headline:
    """What the claims are about, read off their metrics."""
    paths = [str(claim["metric"]).split("/") for claim in claims]
    sources = [path[1].split("->")[0] for path in paths if path[0] == "transfer"]
    gaps = [path[2] for path in paths if path[:2] == ["corpus", "pairs"]]
    return Headline(sources=tuple(dict.fromkeys(sources)), gap_pair=next(iter(gaps), ""))


def beginning(section: Section, summary: Summary) -> list[Finding]:
    """What the section found, or else the first of its readings, without a lead; those of the
    sections within it, if it has none."""  # noqa: D205,D209
    if own := list(section.found(summary)):
        return own
    about = headline(summary["claims"])
    within = (one for one in SECTIONS if one.within == section.name)
    for some in ([section], within):
        readings = [text for one in some for text in one.readings(summary, about)]
        if readings:
            return [Finding("", text.removesuffix("."), "") for text in readings[:MOST]]
    return []
