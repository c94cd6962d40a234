"""The sections of the results, in the order of RESULTS.md. A new one is its own file and a line."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from scripts.report.section import Section, Source

ORDER = (
    "claims",
    "headline",
    "reading",
    "figures",
    "corpus",
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


def _first(*names: str) -> tuple[Section, ...]:
    """The sections with these first, in this order; the others follow as they are listed."""
    return tuple(sorted(SECTIONS, key=lambda one: (*names, one.name).index(one.name)))


# What the page to browse, its figures and the readings begin with.
PAGE = _first(
    "claims", "headline", "reading", "figures", "transfer", "search", "live", "quality", "datasets",
    "breakdowns", "losses", "revalidation", "published", "cells", "sim", "spaces", "triples",
    "correctness", "corpus", "cost", "guardrails", "provenance",
)  # fmt: skip
DRAWN = _first(
    "breakdowns", "transfer", "search", "live", "sim", "datasets", "quality", "spaces", "cost",
    "corpus",
)  # fmt: skip
READ = _first(
    "corpus", "quality", "transfer", "datasets", "gains", "cost", "search", "live", "sim",
    "correctness", "spaces", "triples",
)  # fmt: skip
CAPTIONS = {name: text for section in DRAWN for name, text in section.captions.items()}
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
