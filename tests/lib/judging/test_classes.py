"""Bands and classes of M, each defined once."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from scripts.lib.judging.bands import NEAR, within
from scripts.lib.judging.token_classes import BREAKDOWN, search_class
from scripts.lib.spec import read_spec

ROOT = Path(__file__).parents[3]
PUBLISHED = {"scripts/report/elsewhere.py"}  # figures of others


def test_bands_are_named_by_their_per_cents() -> None:
    assert within(2, 10) == {"within_2": 1.02, "within_10": 1.10}
    assert within(2)["within_2"] == NEAR
    with pytest.raises(KeyError):
        within(3)


@pytest.mark.parametrize(
    ("tokens", "name"),
    [(1, "M up to 32"), (32, "M up to 32"), (48, "M 48 to 256"), (512, "M from 512")],
)
def test_a_bound_belongs_to_the_class_below_it(tokens: int, name: str) -> None:
    assert search_class(tokens) == name


def test_breakdowns_are_cut_where_the_specs_small_regime_ends() -> None:
    assert read_spec().regression["small"].tokens_up_to == BREAKDOWN[0]


def test_bands_stand_in_one_place() -> None:
    typed = {
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "scripts").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
        if node.value == NEAR
    }
    assert typed - PUBLISHED == {"scripts/lib/judging/bands.py"}
