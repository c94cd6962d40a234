"""The sections of the results by topic, in the order of the pages. A new one is its own file and a
word here."""  # noqa: D205,D209

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from scripts.report.section import Section, Source, with_template

# What the pages group them by, what matters most first.
TOPICS = {
    "What was found": (
        "first", "headline", "margins", "live", "cold", "agreement", "engine", "serving",
        "http", "teaching", "claims", "reading",
    ),
    "Get a file": ("catalogue",),
    "What it means": ("scope", "limits", "words"),
    "Figures": ("figures",),
    "Searching and predicting": (
        "transfer", "search", "sim", "expected", "spaces", "triples", "cost", "tuning", "audit",
        "audit_live", "matrix",
    ),
    "Measuring": (
        "measured", "datasets", "gains", "breakdowns", "losses", "quality", "cells", "ledger",
        "repeat", "revalidation", "states", "correctness", "cluster",
    ),
    "Configs that were committed": ("corpus", "health", "runtimes", "triton", "published"),
    "Evidence": ("evidence", "guardrails", "provenance"),
}  # fmt: skip


def _section(name: str) -> Section:
    """That of the module; a template alone restates what others have."""
    module = f"{__name__}.{name}"
    found: Section = import_module(module).SECTION if find_spec(module) else Section(name)
    return found


BY_TOPIC = {topic: tuple(map(_section, names)) for topic, names in TOPICS.items()}
SECTIONS = tuple(section for sections in BY_TOPIC.values() for section in sections)
# Sections with a page of their own in Markdown; the rest stand on the first page or within these.
DETAILS = tuple(
    section.name
    for section in with_template(SECTIONS, "md.j2")
    if section.within is None and section.name not in ("first", "scope")
)
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
