"""A file of switches is read, or refused by the field that is wrong."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from scripts.lib.files import InputError, read_yaml
from scripts.matrix.cells import cells_of
from scripts.matrix.reading import parse, read_matrix
from scripts.matrix.resolved import as_json, resolved
from scripts.matrix.switches import Phase
from tests.matrix.conftest import SWITCHES

OURS = Path(__file__).parents[2] / "data/matrix/switches.yaml"


def changed(**fields: Any) -> Any:
    """The small matrix's file with fields of its model in the place of its own."""
    value = copy.deepcopy(read_yaml(SWITCHES))
    value["models"]["small"] |= fields
    return value


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"features": ["moe=marlyn"]}, "unknown setting of moe 'marlyn'; nearest: marlin"),
        ({"features": ["graph=off"]}, "unknown switch 'graph'; nearest: graphs"),
        ({"features": ["moe=triton"]}, "is the baseline"),
        ({"baseline": {"moe": "triton"}}, "baseline: lacks inputs"),
        ({"cross": [["moe=marlin", "moe=marlin"]]}, "two features of two switches"),
        ({"features": ["moe=marlin"]}, "attention=TRITON_ATTN is not among its features"),
        ({"of": "gpt-oss-20b"}, "give one of: of"),
        ({"planted": [{"name": "x", "rides": "baseline", "fault": "fire"}]}, "fault 'fire'"),
        ({"planted": [{"name": "x", "rides": "nowhere"}]}, "small/nowhere"),
        ({"layer": 3}, "unknown field 'layer'; nearest: layers"),
        ({"features": "moe=marlin"}, "features: 'moe=marlin'; a list"),
        ({"baseline": {"moe": "triton", "graphs": False}}, "graphs: False; a text; in quotes"),
        ({"engine": "max_seqs: 4"}, "engine: 'max_seqs: 4'; names with their values"),
        ({"repeats": "2"}, "repeats: '2'; a whole number"),
        ({"repeats": -1}, "repeats: -1; 0 or more"),
        ({"layers": 0}, "layers: 0; 1 or more"),
        ({"layers": True}, "layers: True; a whole number"),
        ({"cross": ["moe=marlin", "graphs=off"]}, "cross: 'moe=marlin'; a list"),
        ({"planted": {"name": "x"}}, "planted: {'name': 'x'}; a list"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        cells_of(parse(changed(**fields), "my.yaml"))


def test_a_pattern_that_is_none_is_refused() -> None:
    value = changed()
    value["switches"]["moe"]["settings"]["triton"]["must_see"] = ["("]
    with pytest.raises(InputError, match=r"my.yaml: switches.moe.settings.triton: must_see"):
        parse(value, "my.yaml")


def test_a_matrix_stands_in_json_as_in_yaml() -> None:
    matrix = resolved(read_matrix(OURS))
    assert parse(as_json(matrix), "its own") == matrix


def test_ours_has_cells_enough_and_names_what_is_not_supported() -> None:
    cells = cells_of(resolved(read_matrix(OURS)))
    assert sum(not (cell.planted or cell.unsupported) for cell in cells) >= 16
    unsupported = [cell for cell in cells if cell.unsupported]
    assert len(unsupported) >= 2 and all(cell.refusal for cell in unsupported)


def test_every_feature_of_ours_says_what_is_expected_of_it() -> None:
    matrix = read_matrix(OURS)
    for model in matrix.models.values():
        for text in model.features:
            switch, setting = text.split("=")
            found = matrix.switches[switch].settings[setting]
            assert found.hypothesis and found.files, text
            assert found.criteria or found.unsupported or found.path_only or found.log, text


def test_cells_run_in_the_order_of_the_phases_after_what_they_need() -> None:
    cells = cells_of(read_matrix(SWITCHES))
    order = [list(Phase).index(cell.phase) for cell in cells]
    assert order == sorted(order)
    before: set[str] = set()
    for cell in cells:
        assert before >= set(cell.needs), cell.id
        before.add(cell.id)


def test_a_pair_has_the_engine_and_the_path_of_both() -> None:
    cells = {cell.id: cell for cell in cells_of(read_matrix(SWITCHES))}
    both = cells["small/attention=TRITON_ATTN+moe=marlin"]
    assert both.engine["moe_backend"] == "marlin"
    assert both.engine["attention_backend"] == "TRITON_ATTN"
    assert both.must_see == ("marlin", "unified_attention", "cudaGraphLaunch")
    assert both.needs == ("small/attention=TRITON_ATTN", "small/moe=marlin")


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"repeats": 0}, "numbers: repeats: 0; 1 or more"),
        ({"tg": []}, "numbers: tg: .*; 1 or more"),
        ({"tg": 32}, "numbers: tg: 32; a list"),
        ({"heavier": "1e9"}, "numbers: heavier: '1e9'; a whole number"),
        ({"regression": float("nan")}, "numbers: regression: nan; a number"),
    ],
)
def test_numbers_that_measure_nothing_are_refused(numbers: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=f"my.yaml: {words}"):
        parse(changed() | {"numbers": numbers}, "my.yaml")


@pytest.mark.parametrize("field", ["must_see", "must_not_see", "log", "files", "needs"])
def test_a_text_is_no_list_of_its_letters(field: str) -> None:
    value = changed()
    value["switches"]["moe"]["settings"]["triton"][field] = "marlin"
    with pytest.raises(InputError, match=f"settings.triton: {field}: 'marlin'; a list"):
        parse(value, "my.yaml")
