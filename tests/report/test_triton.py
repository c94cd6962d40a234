"""Verdicts by the Triton that committed files state: rows of the breakdowns, none left out."""

from __future__ import annotations

from typing import Any

from scripts.report import results_md
from scripts.report.section import Headline
from scripts.report.sections.triton import JUDGED, NOT_STATED, listed, readings
from tests.statistics.study import DEVICE, SOURCES


def test_every_class_by_triton_is_a_row_and_they_add_up(made: dict[str, Any]) -> None:
    kinds = made["breakdowns"][DEVICE]
    rows = listed(made)
    assert len(rows) == sum(len(kinds[what]["Triton"]) for what in JUDGED if what in kinds)
    for what in kinds:
        counted = sum(own["judged"] for _, _, kind, own in rows if kind == what)
        assert counted == kinds[what]["all"][0]["judged"]


def test_what_is_not_stated_stands_last_and_is_quoted(made: dict[str, Any]) -> None:
    copied = [version for _, version, what, _ in listed(made) if what == "copied"]
    assert copied == ["3.6.0", NOT_STATED]
    assert list(readings(made, Headline(SOURCES, ""))) == []  # no file without one was searched
    searched = made["stated_triton"][DEVICE]["3.6.0"]["searched"]
    again = made | {"stated_triton": {DEVICE: {NOT_STATED: {"searched": searched | {"judged": 6}}}}}
    again["stated_triton"][DEVICE]["3.6.0"] = {"searched": searched}
    (said,) = readings(again, Headline(SOURCES, ""))
    assert "states no Triton on 75.0% of 8 triples" in said
    assert f"of {searched['judged']} where it states 3.6.0" in said


def test_the_page_has_them(made: dict[str, Any]) -> None:
    text = results_md.page(made)
    section = text.partition("## By the Triton that committed files state\n")[2]
    section = section.partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| H200 |")]
    assert len(rows) == len(listed(made))
