"""What taught the searches: each replay has its rows, and what sources add is said with them."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from scripts.report import results_md
from scripts.report.section import Headline
from scripts.report.sections.teaching import BY_HAND, NO_SOURCE, PREDICTOR, SEARCHES, readings

DEVICE = "NVIDIA_H200"
ABOUT = Headline((), "")


@pytest.fixture(scope="module")
def made(summary_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(summary_path.read_text())
    return found


def test_every_search_has_a_row_by_each_teaching(made: dict[str, Any]) -> None:
    text = results_md.page(made).partition("## What taught the searches\n")[2]
    text = text.partition("\n## ")[0]
    found = made["teaching"][DEVICE]
    assert set(found) == {"layer_out", "family_out"}
    for words in SEARCHES.values():
        assert text.count(f"| {words} |") == len(found)
    added = found["family_out"][NO_SOURCE]["over_source_1"]
    assert f"| {added['n']} | {added['files']} | {added['mean']:.4f} (" in text


def test_readings_quote_family_out_and_what_sources_add(made: dict[str, Any]) -> None:
    left_out, added = readings(made, ABOUT)
    found = made["teaching"][DEVICE]["family_out"]
    assert f"{100 * found[PREDICTOR]['within_2_8']['mean']:.1f}%" in left_out
    assert f"family out {found[NO_SOURCE]['over_source_1']['mean']:.4f} (" in added
    assert f"the same {found[NO_SOURCE]['over_source_1']['n']} cells" in added
    assert list(readings({"teaching": {DEVICE: {"layer_out": {}}}}, ABOUT)) == []


@pytest.mark.parametrize(("names", "file"), BY_HAND.items())
def test_constants_are_in_the_files_that_are_named(names: str, file: str) -> None:
    tree = ast.parse(Path(file).read_text())
    targets = [one for node in tree.body if isinstance(node, ast.Assign) for one in node.targets]
    found = {name.id for one in targets for name in ast.walk(one) if isinstance(name, ast.Name)}
    assert set(names.split(", ")) <= found
