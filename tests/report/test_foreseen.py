"""Other GPUs' files, foreseen: every order has its row, and what is told apart is said."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from scripts.lib.schemas.foreseen import FREE, Order
from scripts.report import results_md
from scripts.report.sections import foreseen
from tests.statistics.test_foreseen import H100, H200


def test_the_recorded_gpu_is_the_scale_and_stands_first(made: dict[str, Any]) -> None:
    page = results_md.pages(made)["details/foreseen.md"]
    measured = page.index("| H200 | as measured on it |")
    assert measured < page.index("| H100 80GB HBM3 | predicted by graphx-sim |")
    found = made["foreseen"][H100]
    assert found["rows"] == found["legal"] + sum(found["reasons"].values())
    assert "scale block (1)" in page
    ahead = found["orders"][FREE][Order.SIM]["ahead"]
    assert f"{100 * ahead['mean']:.1f}% (" in page


def test_the_page_begins_with_both_and_with_what_a_reader_does(made: dict[str, Any]) -> None:
    leads = [one.lead for one in foreseen.found(made)]
    assert leads[0] == "On GPUs that nobody recorded, held against their config files"
    first = next(foreseen.found(made))
    median = made["foreseen"][H200]["orders"][FREE][Order.MEASURED]["ahead_median"]["mean"]
    assert f"where the truth is known, {100 * median:.1f}% (" in first.text
    assert f"**{first.lead}**: {first.text}" in results_md.pages(made)["RESULTS.md"]
    assert "What to do: take what" in results_md.pages(made)["details/foreseen.md"]


@pytest.mark.parametrize(
    ("ends", "word"),
    [((0.01, 0.02), "later"), ((-0.02, -0.01), "earlier"), ((-0.01, 0.01), "open")],
)
def test_an_order_is_told_apart_only_where_its_interval_says_so(
    made: dict[str, Any], ends: tuple[float, float], word: str
) -> None:
    summary = copy.deepcopy(made)
    orders = summary["foreseen"][H100]["orders"][FREE]
    orders[Order.EQUATIONS]["more"]["ci"] = list(ends)
    found = foreseen.told_apart(summary, Order.EQUATIONS)
    assert {name: gpus for name, gpus in found.items() if gpus} == {word: ["H100 80GB HBM3"]}
    said = " ".join(one.text for one in foreseen.found(summary) if "equations" in one.lead)
    assert (f"stand {word} on H100 80GB HBM3" in said) == (word != "open")


@pytest.mark.parametrize(
    ("ends", "lead"),
    [((0.01, 0.02), "carry over"), ((-0.02, -0.01), "mislead"), ((-0.01, 0.01), "")],
)
def test_a_part_carries_or_misleads_only_where_its_interval_says_so(
    made: dict[str, Any], ends: tuple[float, float], lead: str
) -> None:
    summary = copy.deepcopy(made)
    for figure in summary["foreseen"][H100]["parts"].values():
        figure["ci"] = list(ends)
    leads = [one.lead for one in foreseen.found(summary) if "record that" in one.lead]
    assert leads == [f"Parts of a GPU's record that {lead}"] * bool(lead)


def test_a_replaced_part_has_a_row_with_its_teacher(made: dict[str, Any]) -> None:
    page = results_md.pages(made)["details/foreseen.md"]
    assert "| H100 80GB HBM3 | H200 | memory bandwidth | 8 | 4 | 2.0% (2.0–2.0) |" in page


def test_without_a_gpu_that_is_not_recorded_nothing_is_found(made: dict[str, Any]) -> None:
    summary = copy.deepcopy(made)
    summary["foreseen"] = {H200: summary["foreseen"][H200]}
    assert list(foreseen.found(summary)) == []
