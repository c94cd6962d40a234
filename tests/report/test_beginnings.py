"""A page of details begins with what was found, and what to do, before any method."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scripts.report import html, results_md
from scripts.report.beginnings import MOST, beginning, headline
from scripts.report.section import Section, with_template
from scripts.report.sections import DETAILS, ROWS, SECTIONS
from tests.report.written import GATE

# They restate or define, and find nothing of their own; no planted file states a Triton.
WITHOUT = {"published", "limits", "words", "reading", "claims", "provenance", "triton"}


@pytest.fixture(scope="module")
def summary(summary_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(summary_path.read_text())
    return found


@pytest.fixture(scope="module")
def pages(summary: dict[str, Any]) -> dict[str, str]:
    return results_md.pages(summary)


@pytest.mark.parametrize("name", [name for name in DETAILS if name not in WITHOUT])
def test_a_page_of_details_begins_with_what_was_found(
    name: str, summary: dict[str, Any], pages: dict[str, str]
) -> None:
    (section,) = (one for one in SECTIONS if one.name == name)
    head, _, rest = pages[f"details/{name}.md"].partition("\n## ")
    begins = beginning(section, summary)
    assert len(begins) >= 1 and rest
    assert all(one.text in head for one in begins)
    assert (f"What to do: {section.do}" in head) == bool(section.do)


def test_pages_that_restate_find_nothing(summary: dict[str, Any]) -> None:
    found = {one.name for one in SECTIONS if one.name in DETAILS and not beginning(one, summary)}
    assert found <= WITHOUT


def test_readings_stand_in_for_what_a_section_does_not_say(summary: dict[str, Any]) -> None:
    said = [f"Sentence {number}." for number in range(MOST + 2)]
    silent = Section("silent", readings=lambda *_: said)
    found = [one.text for one in beginning(silent, summary)]
    assert found == [one.removesuffix(".") for one in said[:MOST]]


def test_the_page_to_browse_begins_its_topics_alike(summary: dict[str, Any]) -> None:
    page = html.page(summary, [], {**{name: [] for name in ROWS}, "gate": GATE}, [])
    boxes = re.findall(r'<div class="begins">(.*?)</div>', page, re.DOTALL)
    shown = [one for one in with_template(SECTIONS, "html.j2") if one.name != "first"]
    begins = [(beginning(one, summary), one.do) for one in shown]
    assert [(box.count("<li>"), "What to do" in box) for box in boxes] == [
        (len(found), bool(do)) for found, do in begins if found or do
    ]


def test_the_order_of_the_sources_is_that_of_the_target_with_most() -> None:
    pairs = ("B->A", "A->C", "B->C")  # A is a source, and no source for itself
    claims = [{"metric": f"transfer/{pair}/S1/any/win"} for pair in pairs]
    assert headline(claims).sources == ("A", "B")
