"""What is shown at margins: every choice is one of four, and the first page quotes the widened."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.report import results_md
from scripts.report.section import Headline
from scripts.report.sections.margins import CHOICES, QUOTED, claims, levels, readings, shown
from tests.statistics.study import DEVICE, SOURCES

PAIR = f"{SOURCES[0]}->{DEVICE}"
ABOUT = Headline(SOURCES, "")


def test_a_choice_is_won_lost_equal_or_open(made: dict[str, Any]) -> None:
    for pair in made["margins"].values():
        for errors in pair.values():
            for found in (one for by_margin in errors.values() for one in by_margin.values()):
                parts = [found[name]["mean"] for name in ("win", "loss", "equal", "open")]
                assert sum(parts) == pytest.approx(1, abs=1e-5)
                assert parts[0] + parts[2] <= found["non_inferior"]["mean"] + 1e-9


def test_a_wider_margin_shows_no_less_and_a_wider_interval_no_more(made: dict[str, Any]) -> None:
    assert levels(made) == ["0", "0.5", "1", "2"]
    for errors in made["margins"][PAIR].values():
        rates = [errors[QUOTED][name]["non_inferior"]["mean"] for name in levels(made)]
        assert rates == sorted(rates)
        for name in levels(made):
            narrow, wide = (errors[error][name] for error in ("recorded", QUOTED))
            assert wide["non_inferior"]["mean"] <= narrow["non_inferior"]["mean"]


def test_claims_and_readings_quote_what_is_shown(made: dict[str, Any]) -> None:
    found = shown(made, PAIR)
    assert found == made["margins"][PAIR]["searched"][QUOTED]["1"]["non_inferior"]
    metrics = {one.metric for one in claims(made, ABOUT)}
    assert f"margins/{PAIR}/searched/{QUOTED}/1/non_inferior" in metrics
    said = " ".join(readings(made, ABOUT))
    assert f"{100 * found['mean']:.1f}%" in said
    assert "proven equal" in said
    assert shown({}, PAIR) is None


def test_no_claim_of_win_or_tie_goes_without_it(made: dict[str, Any]) -> None:
    assert not [one for one in made["claims"] if "win or tie" in one["sentence"]]
    for sentence in (one for one in made["readings"] if "win or tie with" in one):
        assert "that it is non-inferior is shown on" in sentence


def test_the_page_has_a_row_for_each_choice_and_interval(made: dict[str, Any]) -> None:
    text = results_md.page(made).partition("## What is shown\n")[2].partition("\n## ")[0]
    said = [f"| {what} |" for what in CHOICES.values()]
    rows = [line for line in text.splitlines() if any(one in line for one in said)]
    choices = [errors for pair in made["margins"].values() for errors in pair.values()]
    assert len(rows) == sum(map(len, choices))


def test_identical_pairs_are_told_by_dataset(made: dict[str, Any]) -> None:
    for rates in made["aa_rates"].values():
        every = rates.pop("all")
        assert every["pairs"] == sum(found["pairs"] for found in rates.values())
