"""Errors in params.yaml name the key and what would be right, in one line."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest

from kernels.formats import SCHEMES
from scripts.lib.files import InputError, read_yaml
from scripts.lib.params import check_params, params_schema

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "rules/schemas"
PARAMS = read_yaml(ROOT / "params.yaml")


def said(change: dict[str, Any]) -> str:
    params = copy.deepcopy(PARAMS)
    for key, value in change.items():
        *path, last = key.split(".")
        place = params
        for name in path:
            place = place[name]
        if value is None:
            del place[last]
        else:
            place[last] = value
    with pytest.raises(InputError) as caught:
        check_params(params, "params.yaml", SCHEMAS)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_parameters_of_this_repository_are_right() -> None:
    check_params(PARAMS, "params.yaml", SCHEMAS)


def test_an_unknown_key_is_answered_with_the_known_ones() -> None:
    found = said({"transfer.seedz": 3})
    assert found.startswith("params.yaml: transfer: unknown key 'seedz'; nearest: seed")
    assert "keys: " in found
    assert said({"clams": {}}).startswith("params.yaml: unknown key 'clams'; nearest: claims")


def test_a_missing_key_and_a_bad_value_are_named() -> None:
    assert said({"mine.mode": None}).startswith("params.yaml: mine: lacks the key mode; keys: ")
    assert said({"transfer.seeds": -3}) == (
        "params.yaml: transfer.seeds: -3 is less than the minimum of 1"
    )
    assert said({"mine.mode": "recoded"}).startswith("params.yaml: mine.mode: 'recoded' is not one")


def test_number_formats_are_those_of_the_kernels() -> None:
    known = params_schema(SCHEMAS)["$defs"]["scheme"]["enum"]
    assert known == list(SCHEMES)
    assert "'bf15' is not one of ['bf16', 'fp16', " in said({"space.scheme": "bf15"})
    assert "'bf15' is not one of" in said({"space.targets.NVIDIA_H200": ["bf15"]})
    assert "'al' does not match '^all$'" in said({"space.targets.NVIDIA_H200": "al"})


def test_a_phase_is_known_by_its_file(tmp_path: Path) -> None:
    schemas = tmp_path / "schemas"
    shutil.copytree(SCHEMAS, schemas)
    (schemas / "parity.yaml").write_text("repeats: { type: integer, minimum: 1 }\n")
    with pytest.raises(InputError, match="lacks the key parity"):
        check_params(PARAMS, "params.yaml", schemas)
    check_params({**PARAMS, "parity": {"repeats": 3}}, "params.yaml", schemas)
    with pytest.raises(InputError, match=r"parity\.repeats: 0 is less than the minimum of 1"):
        check_params({**PARAMS, "parity": {"repeats": 0}}, "params.yaml", schemas)
