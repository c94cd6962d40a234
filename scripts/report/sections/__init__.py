"""The sections of the results by topic, in the order of the pages. A new one is its own file and a
word here."""  # noqa: D205,D209

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from scripts.report.section import Section, Source, with_template

# What the pages group them by, in the order in which a reader asks.
TOPICS = {
    "Get a file": ("first", "catalogue", "expected", "health", "tuning", "cost"),
    "What it is worth in vLLM": (
        "agreement", "engine", "serving", "http", "matrix", "evidence",
    ),
    "Carrying and searching": (
        "headline", "margins", "live", "cold", "cold_live", "teaching", "transfer", "search",
    ),
    "Predicting and compiling": ("sim", "foreseen", "spaces", "triples"),
    "Other tuners": ("audit", "audit_live"),
    "Committed configs": ("corpus", "published", "runtimes", "triton"),
    "Measuring": (
        "measured", "datasets", "gains", "breakdowns", "losses", "quality", "cells", "ledger",
        "repeat", "revalidation", "states", "correctness", "cluster",
    ),
    "How sure": ("scope", "limits", "words", "reading", "claims", "guardrails", "provenance"),
    "Figures": ("figures",),
}  # fmt: skip
# Of sections that are a template alone, what others say for themselves: menu, and what it answers.
TEMPLATES = {
    "limits": ("Limits", "what none of this can tell"),
    "reading": ("What the figures say", "and whether they reach what they were to"),
    "measured": ("Measured", "datasets, cells and trials, and what is gained where"),
    "figures": ("All figures", "with their captions"),
}


def _section(name: str) -> Section:
    """That of the module; a template alone restates what others have."""
    module = f"{__name__}.{name}"
    if find_spec(module):
        found: Section = import_module(module).SECTION
        return found
    menu, about = TEMPLATES[name]
    return Section(name, about=about, links={name: menu})


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
