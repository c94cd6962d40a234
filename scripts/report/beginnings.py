"""What a page of details begins with: what was found, and what a reader does with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scripts.report.section import Finding, Headline, Section, Summary
from scripts.report.sections import SECTIONS

MOST = 4  # sentences; the rest stand among all readings


def headline(claims: Iterable[Mapping[str, Any]]) -> Headline:
    """What the claims are about, read off their metrics.

    A GPU is no source for itself: the order of the sources is that of the target with most.
    """
    paths = [str(claim["metric"]).split("/") for claim in claims]
    by_target: dict[str, dict[str, None]] = {}
    for source, _, target in (path[1].partition("->") for path in paths if path[0] == "transfer"):
        by_target.setdefault(target, {})[source] = None
    most_first = sorted(by_target.values(), key=len, reverse=True)
    sources = dict.fromkeys(name for names in most_first for name in names)
    gaps = [path[2] for path in paths if path[:2] == ["corpus", "pairs"]]
    return Headline(sources=tuple(sources), gap_pair=next(iter(gaps), ""))


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
