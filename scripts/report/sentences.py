"""Claims and readings: sentences of the summary, made from its figures by the sections."""

from __future__ import annotations

from typing import Any

from scripts.report import wording
from scripts.report.section import Candidate, Headline, Summary, find
from scripts.report.sections import SECTIONS


def make_claims(summary: Summary, headline: Headline) -> list[dict[str, Any]]:
    """A sentence, the figure behind it and the command that makes its table, of every section.

    A claim is made only if its figure is in the summary. Sections come in the order of the pages,
    what matters most first; in each what is said of the whole, then GPU by GPU, pair by pair.
    """
    places = _places(summary, headline)
    candidates = [
        one
        for section in SECTIONS
        for one in sorted(
            section.claims(summary, headline),
            key=lambda one: places.get(one.metric.split("/")[1], -1),
        )
    ]
    return [claim for one in candidates if (claim := _claim(one, summary))]


def _places(summary: Summary, headline: Headline) -> dict[str, int]:
    """GPUs and pairs in the order in which they are spoken of."""
    devices = summary.get("measured", {})
    names = [
        name
        for device in devices
        for name in (device, *(f"{source}->{device}" for source in headline.sources))
    ]
    return {name: place for place, name in enumerate(names)}


def _claim(one: Candidate, summary: Summary) -> dict[str, Any] | None:
    figure = find(summary, one.metric)
    if figure is None or None in (figure["mean"], *figure["ci"]):
        return None
    return {
        "sentence": one.sentence.format(**_texts(figure)),
        "metric": one.metric,
        "mean": figure["mean"],
        "ci": figure["ci"],
        "n": figure["n"],
        "command": f"make {one.table.origin.file}",
    }


def _texts(figure: dict[str, Any]) -> dict[str, str]:
    """A figure in every form that a sentence may ask for."""
    return {
        "days": wording.days(figure),
        "rate": wording.per_cent(figure),
        "ratio": wording.ratio(figure),
        "fine_ratio": wording.fine_ratio(figure),
        "trials": wording.trials(figure),
        "n": f"{figure['n']:,}",
    }


def make_readings(summary: Summary, headline: Headline) -> list[str]:
    """What the figures say and do not say, section by section; an absent figure says nothing."""
    return [one for section in SECTIONS for one in section.readings(summary, headline)]
