"""The sections of the results, in the order of the pages. A new one is its own file and a line."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from scripts.report.section import Section, Source

ORDER = (
    "scope",
    "claims",
    "headline",
    "margins",
    "reading",
    "figures",
    "corpus",
    "runtimes",
    "published",
    "measured",
    "datasets",
    "gains",
    "breakdowns",
    "losses",
    "quality",
    "cells",
    "ledger",
    "repeat",
    "revalidation",
    "sim",
    "spaces",
    "triples",
    "correctness",
    "transfer",
    "search",
    "teaching",
    "live",
    "cost",
    "guardrails",
    "limits",
    "provenance",
)


def _section(name: str) -> Section:
    """That of the module; a template alone restates what others have."""
    module = f"{__name__}.{name}"
    found: Section = import_module(module).SECTION if find_spec(module) else Section(name)
    return found


SECTIONS = tuple(map(_section, ORDER))
CAPTIONS = {name: text for section in SECTIONS for name, text in section.captions.items()}
WORDS = {name: words for section in SECTIONS for name, words in section.words.items()}
ROWS = {name: rows for section in SECTIONS for name, rows in section.rows.items()}


def summary_sources() -> list[Source]:
    """What the summary is made of, each file once."""
    return list(dict.fromkeys(one for section in SECTIONS for one in section.sources))


def page_sources() -> list[Source]:
    """What the page to browse reads besides the summary, each file once."""
    return list(dict.fromkeys(one for rows in ROWS.values() for one in rows.tables))


def derived(sources: list[Source]) -> list[str]:
    """Paths of those that the workflow makes, one by one."""
    return [one.origin.file for one in sources if one.derived and one.join is None]
