"""What taught the searches: each replay has its rows, and what sources add is said with them."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.lib.chosen import values
from scripts.report import results_md
from scripts.report.section import Headline
from scripts.report.sections.teaching import (
    AS_LIVE,
    NO_SOURCE,
    PREDICTOR,
    SEARCHES,
    added,
    helped,
    readings,
)
from scripts.statistics.teaching import CHOOSING

DEVICE = "NVIDIA_H200"
ABOUT = Headline((), "")


def test_every_search_has_a_row_by_each_teaching(made: dict[str, Any]) -> None:
    text = results_md.page(made).partition("## What taught the searches\n")[2]
    text = text.partition("\n## ")[0]
    found = made["teaching"][DEVICE]
    assert set(found) == {"layer_out", "family_out"}
    for search, words in SEARCHES.items():
        assert text.count(f"| {words} |") == len(found) * (2 if search in CHOOSING else 1)
    added = found["family_out"][NO_SOURCE]["over_source_1"]
    assert f"| {added['n']} | {added['files']} | {added['mean']:.4f} (" in text


def test_readings_quote_family_out_and_what_sources_add(made: dict[str, Any]) -> None:
    left_out, sources = readings(made, ABOUT)
    found = made["teaching"][DEVICE]["family_out"]
    assert f"{100 * found[PREDICTOR]['within_2_8']['mean']:.1f}%" in left_out
    over = found[NO_SOURCE]["over_source_1"]
    assert f"{over['mean']:.4f} ({over['ci'][0]:.4f}–{over['ci'][1]:.4f}) family out" in sources
    assert f"the same {over['n']} cells" in sources
    assert list(readings({"teaching": {DEVICE: {"layer_out": {}}}}, ABOUT)) == []


def test_the_headline_has_what_the_live_searches_were_taught_beside_other_teachings(
    made: dict[str, Any],
) -> None:
    text = results_md.page(made).partition("### The searches by what taught them\n")[2]
    text = text.partition("\n### ")[0]
    for taught in ("layer out", "family out"):
        for search in AS_LIVE:
            assert text.count(f"| {taught} | {SEARCHES[search]} |") == 1
    found = made["teaching"][DEVICE]["family_out"]["S1-S8, no source, stops"]
    assert f"{100 * found['committed_non_inferior']['mean']:.1f}% (" in text


@pytest.mark.parametrize(
    ("layer", "family", "said"),
    [
        ((0.99, 1.01), (0.99, 1.02), "a source's file is not shown to help"),
        ((0.9963, 0.9996), (0.99, 1.01), "a source's file is not shown to help"),
        ((0.99, 1.01), (1.001, 1.02), "a source's file is shown to help family out"),
        ((1.001, 1.01), (1.001, 1.02), "a source's file is shown to help layer out and family out"),
    ],
)
def test_a_source_is_credited_only_where_the_interval_says_so(
    layer: tuple[float, float], family: tuple[float, float], said: str
) -> None:
    found = {
        taught: {NO_SOURCE: {"over_source_1": {"mean": 1.0, "ci": list(ends), "n": 4}}}
        for taught, ends in (("layer_out", layer), ("family_out", family))
    }
    assert helped(found) == said
    assert added(found).endswith(f": {said}")


def test_every_constant_stands_with_its_value_and_what_it_was_chosen_on(
    made: dict[str, Any],
) -> None:
    text = results_md.page(made)
    for name, value, file, on in values():
        assert f"| {name} | {value} | {file} | {on} |" in text
