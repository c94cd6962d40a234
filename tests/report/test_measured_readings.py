"""Sentences on coverage, false wins, spread and cost follow their figures."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from scripts.report import results_md
from scripts.report.sections import cost, datasets, gains
from scripts.report.sentences import make_readings
from tests.report.test_readings import HEADLINE, figure
from tests.report.written import DATASET
from tests.statistics.study import DEVICE


def said(summary: dict[str, Any]) -> list[str]:
    """What is said of the datasets and of the best of the configs tried."""
    parts = (datasets.readings, gains.readings)
    return [one for part in parts for one in part(summary, HEADLINE)]


@pytest.fixture
def summary(summary_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(summary_path.read_text())
    return found


def test_the_sentences_are_among_the_readings(summary: dict[str, Any]) -> None:
    readings = make_readings(summary, HEADLINE)
    wanted = [*said(summary), *cost.readings(summary, HEADLINE)]
    assert len(wanted) == 5
    assert set(wanted) <= set(readings)


def test_what_was_not_measured_is_named(summary: dict[str, Any]) -> None:
    covered = summary["measured"][DEVICE]["coverage"]
    sentence = said(summary)[0]
    assert f"{covered['measured']} of the {covered['cells']} cells" in sentence
    assert sentence.endswith("the others: not recorded (1).")
    covered["not_measured"] = {}
    assert "the others" not in said(summary)[0]


@pytest.mark.parametrize(
    ("high", "phrase"), [(0.02, "is at or under 2%"), (0.021, "not shown to be under 2%")]
)
def test_false_wins_are_judged_by_the_upper_end(
    summary: dict[str, Any], high: float, phrase: str
) -> None:
    summary["measured"][DEVICE]["aa_false_win_rate"] = figure(0.0, 0.0, high)
    assert phrase in " ".join(said(summary))


def test_the_page_counts_each_dataset_and_scheme(summary: dict[str, Any]) -> None:
    page = results_md.page(summary)
    found = summary["measured"][DEVICE]["datasets"][DATASET]
    assert f"| {DATASET} | bf16 | {found['cells']} | {found['complete_cells']} |" in page
    assert "runtime error (48)" in page  # three of each of the 16 cells


def test_marks_are_named_where_there_are_any(summary: dict[str, Any]) -> None:
    assert "marked:" not in results_md.page(summary)
    marked = copy.deepcopy(summary)
    marked["measured"][DEVICE]["marks"] = {"drifted": 2, "throttled": 1}
    assert "marked: drifted (2), throttled (1)." in results_md.page(marked)


def test_wins_on_marked_cells_are_owned_up_to(summary: dict[str, Any]) -> None:
    gains = summary["measured"][DEVICE]["gains"][DATASET]["all"]
    assert gains["marked"] == {"cells": 0, "win": 0}
    assert "marked cells" not in " ".join(said(summary))
    gains["marked"] = {"cells": 3, "win": 2}
    assert "2 of these wins are on marked cells" in " ".join(said(summary))
