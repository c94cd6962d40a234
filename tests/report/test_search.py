"""The sections on searches: figures taken over, what is to be reached judged on equal terms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.report.results_md import page
from scripts.report.sections.search import search, words
from scripts.report.sections.search.details import not_ahead, not_told_apart, search_details
from scripts.report.sections.search.readings import searches, worth
from tests.report import searched

TABLES = {name: frame for name, (frame, _) in searched.tables().items()}
Section = dict[str, Any]


@pytest.fixture(scope="module")
def section() -> Section:
    return search(TABLES["search_rates"], TABLES["search_costs"])


@pytest.fixture(scope="module")
def details() -> Section:
    names = ("rates", "pairs", "verdicts", "behind", "choices")
    return search_details(*(TABLES[f"search_{name}"] for name in names))


def test_every_strategy_has_its_curve_and_its_cost(section: Section) -> None:
    assert set(section) == set(searched.CURVES)
    ours = section["S1-S8"]
    assert (ours["n"], ours["seeds"]) == (len(searched.CELLS), 1)
    assert ours["runs"] == 2 * len(searched.CELLS)
    assert tuple(ours["regret"]) == words.BUDGETS
    assert ours["regret"]["1"]["mean"] == pytest.approx(1.03)
    assert ours["trials_to_2pct"] == {"median": 2.0, "p95": 2.0}
    assert ours["trials_to_2pct_intervals"]["p95"]["ci"] == [2.0, 2.0]


def test_only_the_headline_is_read_off_by_class(section: Section) -> None:
    assert [name for name, found in section.items() if "classes" in found] == ["S1-S8"]
    assert set(section["S1-S8"]["classes"]) == set(words.CLASSES)


def test_where_a_baseline_is_ahead_is_said(section: Section, details: Section) -> None:
    assert not_ahead(section) == [("S6", "1")]
    assert {(row["strategy"], row["K"]) for row in details["classes_behind"]} == {("S6", 1)}
    assert {row["group"] for row in details["classes_behind"]} == {"E", "scheme", "regime"}
    text = " ".join(searches({"search": section, "search_details": details}))
    assert "not ahead of S6 (K = 1)" in text
    trials = section["S1-S8"]["trials_to_2pct"]
    assert f"median of trials to within 2% {trials['median']:.0f} (to reach: 8; reached)" in text


def test_a_baseline_on_other_cells_is_not_compared(section: Section) -> None:
    fewer = {**section, "S6": section["S6"] | {"n": 1}}
    assert not_ahead(fewer) == []


def test_an_interval_that_holds_1_does_not_tell_apart(details: Section) -> None:
    assert not_told_apart(details) == []
    level = {"mean": 1.0, "ci": [0.99, 1.01], "n": 4}
    pairs = {"S6": {"regret": {"16": level, "64": level}}}
    assert not_told_apart({"pairs": pairs}) == [("S6", "16")]


@pytest.mark.parametrize(
    ("ends", "seconds", "word"),
    [
        ((1.01, 1.02), 1.0, "fewer trials"),
        ((1.0, 1.0), 1.5, "GPU seconds"),
        ((0.9999, 1.0001), 1.0, "nothing: could go"),
        ((0.99, 1.02), 1.0, "not shown"),
    ],
)
def test_a_part_is_worth_what_its_ablation_shows(
    ends: tuple[float, float], seconds: float, word: str
) -> None:
    regret = {str(k): {"mean": 1.0, "ci": list(ends)} for k in (1, 2, 4, 8, 16, 32)}
    assert worth({"seconds_ratio": seconds, "regret": regret}) == word


def test_no_replayed_search_no_sentence() -> None:
    assert searches({}) == []


def test_runs_behind_are_listed_with_their_cause(details: Section) -> None:
    found = details["behind"]["S1-S8"]
    assert found["causes"] == {"stopped_early": 2}
    assert {run["cell_id"] for run in found["runs"]} == {searched.CELLS[-1]}


def test_choices_are_judged_against_the_committed_config(details: Section) -> None:
    every = details["verdicts"]["S1-S8"]["all"]["all"]
    assert [every[word]["mean"] for word in ("win", "tie", "loss")] == [0.5, 0.0, 0.5]
    assert set(details["verdicts"]["S1-S8"]["source"]) == set(searched.SOURCES)


def test_every_baseline_and_ablation_has_words() -> None:
    named = {name for group in words.GROUPS.values() for name in group}
    assert set(searched.CURVES) <= named
    assert {f"S1-S8 without S{number}" for number in range(1, 9)} <= named


def test_the_page_tells_what_was_reached_and_what_was_not(summary_path: Path) -> None:
    text = page(json.loads(summary_path.read_text()))
    assert "| median of trials to within 2%: at most 8 | 2 (2–2) |" in text
    assert "at every K up to 32 | not than S6 at K = 1 |" in text
    assert "| Kernel Tuner pso | Kernel Tuner: particle swarm | 4 | 1 |" in text
    assert "| source GPU | H100" in text
    assert "| 20 | M16-N64-K64-G1-W4-S2 | M64-N64-K64-G1-W4-S2 | 1.0300 | stopped early |" in text


def test_a_strategy_without_words_stands_alone_by_its_name() -> None:
    groups = words.grouped(words.GROUPS, ["S1", "S9, a new one", "random"])
    assert groups["alone"] == {"S1": words.SINGLE["S1"], "S9, a new one": ""}
    assert groups["baselines"] == {"random": words.BASELINES["random"]}
    assert not groups["together"]
