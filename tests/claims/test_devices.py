"""G4: every measured row comes from a real device, with its protocol."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from scripts.claims.devices import judge_devices
from scripts.claims.inputs import Dataset
from tests.claims.conftest import Study


def findings(*datasets: Dataset) -> list[str]:
    return list(judge_devices(datasets).findings)


def test_all_recorded_rows_are_of_real_devices(study: Study) -> None:
    assert findings(*study.every) == []


@pytest.mark.parametrize(
    ("where", "value", "says"),
    [
        (("gpu", "uuid"), "CPU_interpreter", "gpu.uuid"),
        (("gpu", "uuid"), None, "gpu.uuid"),
        (("gpu", "driver"), "", "gpu.driver"),
        (("conditions", "backend"), "interpreter", "conditions.backend"),
        (("protocol", "cap"), 3, "protocol_hash"),
        (("kernel_hash",), "unknown", "kernel_hash"),
    ],
)
def test_a_run_without_a_device_or_protocol_is_found(
    study: Study, where: tuple[str, ...], value: object, says: str
) -> None:
    one = study.every[3]
    runs: Any = copy.deepcopy(one.runs)
    inner = runs[0] if len(where) == 1 else runs[0][where[0]]
    inner[where[-1]] = value
    found = findings(dataclasses.replace(one, runs=runs))
    assert any(says in line and f"{one.folder}/runs.json" in line for line in found)


def test_a_run_without_its_protocol_is_found(study: Study) -> None:
    one = study.every[3]
    runs = [{key: value for key, value in run.items() if key != "protocol"} for run in one.runs]
    assert any(": protocol: is missing" in f for f in findings(dataclasses.replace(one, runs=runs)))


@pytest.mark.parametrize(
    ("column", "value"), [("backend", "interpreter"), ("device", "CPU_interpreter")]
)
def test_a_cell_of_the_interpreter_is_found(study: Study, column: str, value: str) -> None:
    one = study.every[3]
    cells = one.cells.copy()
    cells.loc[cells.index[1], column] = value
    (found,) = findings(dataclasses.replace(one, cells=cells))
    assert str(cells["cell_id"].iloc[1]) in found


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("run_id", "nobody's", "is not of its GPU"),
        ("samples", 0, "without the samples"),
        ("median_us", 1e9, "without the samples"),
        ("median_us", None, "without the samples"),
        ("logits_diff", None, "check of correctness"),
        ("outcome", "timeout", "of a trial that is timeout"),
    ],
)
def test_a_row_that_was_not_measured_is_found(
    study: Study, column: str, value: object, says: str
) -> None:
    one = study.every[3]
    trials = one.trials.copy()
    trials.loc[trials.index[11], column] = value
    (found,) = findings(dataclasses.replace(one, trials=trials))
    assert says in found
    assert str(one.trials["config_id"].iloc[11]) in found
