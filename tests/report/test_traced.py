"""Traced values are what they are, and say where they come from wherever they are written."""

from __future__ import annotations

import json
import operator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.report import rendering, results_md, wording
from scripts.report.rendering import printf
from scripts.report.traced import MARK, count, derived, marked_places, places, traced, unmarked

NUMBERS = st.one_of(
    st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False)
)
OPERATIONS = [operator.add, operator.sub, operator.mul]


def found(text: str) -> set[str]:
    """All places that the marks of a text name."""
    return {place for match in MARK.finditer(text) for place in marked_places(match)}


@pytest.mark.parametrize("operate", OPERATIONS)
@given(one=NUMBERS, other=NUMBERS)
def test_what_is_computed_comes_from_both(operate: Any, one: Any, other: Any) -> None:
    left, right = traced(one, "a"), traced(other, "b")
    assert operate(left, right) == operate(one, other)
    assert places(operate(left, right)) == {"a", "b"}
    assert places(operate(left, 2)) == places(operate(2, left)) == {"a"}


@given(NUMBERS, st.sampled_from(["", ",.0f", ".1f", "+.3g", ".0%", "08.2f"]))
def test_a_figure_is_written_as_it_would_be_without_a_place(value: Any, spec: str) -> None:
    text = format(traced(value, "a/b"), spec)
    assert unmarked(text) == format(value, spec)
    assert found(text) == {"a/b"}


@given(st.dictionaries(st.text(max_size=3), NUMBERS), NUMBERS)
def test_places_are_paths(values: dict[str, Any], part: Any) -> None:
    known = traced({"x": values, "list": [part, {"y": part}]})
    assert known == {"x": values, "list": [part, {"y": part}]}
    assert all(places(known["x"][key]) == {f"x/{key}"} for key in values)
    assert places(known["list"][1]["y"]) == {"list/1/y"}


def test_sums_rounding_and_counts_keep_their_places() -> None:
    known = traced({"a": {"x": 1, "y": 2.26}})
    total = sum(known["a"].values())
    assert places(total) == {"a/x", "a/y"}
    assert round(total, 1) == 3.3
    assert places(round(total, 1)) == places(-total) == places(abs(-total)) == places(total)
    assert (count(known["a"]), places(count(known["a"]))) == (2, {"a"})
    assert places(count([key for key in known["a"] if key == "x"])) == {"a/x"}
    assert places(count(["plain"])) == frozenset()


@pytest.mark.parametrize("wanted", ["a", "none"])
def test_what_is_chosen_in_a_template_is_counted_with_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wanted: str
) -> None:
    chosen = '{{ rows | selectattr("x", "equalto", wanted) | list | length }}'
    (tmp_path / "t.j2").write_text(chosen)
    monkeypatch.setattr(rendering, "FOLDER", tmp_path)
    plain = [{"x": "a"}, {"x": "b"}]
    known = traced({"rows": plain})["rows"]
    text = rendering.render("t.j2", escape=False, rows=known, wanted=wanted)
    assert unmarked(text) == rendering.render("t.j2", escape=False, rows=plain, wanted=wanted)
    assert found(text) == {"rows"}


def test_names_are_found_as_before_and_digits_alone_are_marked() -> None:
    known = traced({"H200": {"8": 1}})
    (name,) = known
    assert f"measured/{name}" == "measured/H200"
    (budget,) = known[f"{name}"]
    assert unmarked(f"K = {budget}") == "K = 8"
    assert found(f"{budget}") == {"H200/8"}


def test_modules_and_records_are_traced_by_their_fields() -> None:
    @dataclass
    class Pair:
        cells: int

    module = ModuleType("constants")
    vars(module).update(MOST=3, lower=4)
    known = traced({"constants": module, "pair": Pair(5)})
    assert (known["constants"].MOST, places(known["constants"].MOST)) == (3, {"constants/MOST"})
    assert not hasattr(known["constants"], "lower")
    assert places(known["pair"].cells) == {"pair/cells"}


def test_nothing_and_truth_stay_themselves() -> None:
    known = traced({"a": None, "b": True})
    assert known["a"] is None
    assert known["b"] is True
    assert derived(None, frozenset({"a"})) is None
    assert places(derived(0, frozenset())) == frozenset()


@given(NUMBERS, NUMBERS)
def test_printf_is_format(one: Any, other: Any) -> None:
    text = printf("%.2f%% of %g", traced(one, "a"), traced(other, "b"))
    assert unmarked(text) == "%.2f%% of %g" % (one, other)  # noqa: UP031 - what it stands for
    assert found(text) == {"a", "b"}


@given(st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_words_with_numbers_keep_their_places(values: tuple[Any, Any, Any]) -> None:
    low, mean, high = sorted(values)
    plain = {"mean": mean, "ci": [low, high]}
    estimate = traced(plain, "e")
    for written in (wording.per_cent, wording.ratio, wording.days):
        assert unmarked(written(estimate)) == written(plain)
        assert found(written(estimate)) == {"e/mean", "e/ci/0", "e/ci/1"}
    assert unmarked(wording.number(estimate["mean"])) == wording.number(mean)
    assert found(wording.number(estimate["mean"])) == {"e/mean"}


def test_a_page_of_traced_figures_is_the_page(summary_path: Path) -> None:
    summary = json.loads(summary_path.read_text())
    marked = results_md.page(traced(summary))
    assert unmarked(marked) == results_md.page(summary)
    assert len(found(marked)) > 100


def test_a_version_is_a_number_where_it_is_written_and_a_name_is_not() -> None:
    found = traced({"3.6.0": 1, "M16": 2, "64": 3})
    version, config, size = found
    assert marked_places(MARK.match(f"{version}")) == places(version)  # type: ignore[arg-type]
    assert unmarked(f"{version} {size}") == "3.6.0 64"
    assert f"{config}" == "M16"
