"""Layers against the reference: failures are counted, errors are those of layers that ran."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kernels.tolerances import MAX_LOGITS_DIFF
from scripts.report.estimates import rounded
from scripts.report.sections.correctness import LIMIT, cases, correctness, readings
from tests.report import absent
from tests.report.test_readings import HEADLINE
from tests.statistics.study import DEVICE


@pytest.fixture(scope="module")
def section(summary_path: Path) -> dict[str, Any]:
    return json.loads(summary_path.read_text())["correctness"]


def test_the_limit_quoted_is_that_of_the_kernels() -> None:
    assert LIMIT == MAX_LOGITS_DIFF


def test_a_layer_that_did_not_run_is_counted_and_has_no_error(section: dict[str, Any]) -> None:
    assert section[DEVICE]["fp8_w8a8"] == {
        "rows": 2,
        "correct": 1,
        "outcomes": {"correct": 1, "runtime_error": 1},
        "largest_logits_diff": 3e-4,
        "largest_relative_error": 0.02,
        "compute": ["bfloat16"],
        "triton": ["3.6.0"],
        "cases": ["empty experts", "one token"],
    }


def test_the_worst_of_all_layers_is_quoted(section: dict[str, Any]) -> None:
    entry = section["interpreter"]["fp8_w8a8"]
    assert (entry["largest_logits_diff"], entry["largest_relative_error"]) == (2e-4, 0.016)
    device, interpreter = readings({"correctness": section}, HEADLINE)
    assert "1 of them not correct" in device
    assert "3 layers in 2 number formats, all correct" in interpreter
    assert "logits_diff is 0.0002 (fp8_w8a8)" in interpreter


def test_no_layer_that_ran_is_no_error() -> None:
    failed = absent.correctness().query("outcome != 'correct'")
    (text,) = readings({"correctness": rounded(correctness(failed))}, HEADLINE)
    assert text == "Correctness on the H200: 1 layers in 1 number formats, 1 of them not correct."


def test_cases_are_named_once_for_a_machine(section: dict[str, Any]) -> None:
    assert cases(section)["interpreter"] == ["nothing divides", "one token"]
