"""A prediction is worth the error that was measured on cells like it, or is not validated."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from scripts.lib.schemas.sim import ALL_SCHEMES, OF_THAT_DAY, Group
from scripts.sim.confidence import Level, confidence
from scripts.sim.simulator import Simulator

H200, B200, MI300X = "NVIDIA_H200", "NVIDIA_B200", "AMD_Instinct_MI300X"


def row(group: Group, scheme: str, taught: str, error: float, device: str = H200) -> dict[str, Any]:
    about = {"device": device, "group": str(group), "scheme": scheme, "taught": taught}
    return about | {"cells": 12, "layers": 3, "error": error, "error_p95": 1.0, "within_2_8": 0.75}


ERRORS = [
    row(Group.RECORDED, "bf16", "layer_out", 0.01),
    row(Group.RECORDED, "bf16", "family_out", 0.1),
    row(Group.RECORDED, ALL_SCHEMES, "family_out", 0.2),
    row(Group.NEW_FORMAT, ALL_SCHEMES, "layer_out", 0.02),
    row(Group.NEW_FORMAT, ALL_SCHEMES, OF_THAT_DAY, 0.3),
]


@pytest.fixture
def told(simulator: Simulator) -> Simulator:
    return replace(simulator, evidence={"errors": ERRORS, "errors_of": simulator.version})


@pytest.mark.parametrize(
    ("device", "scheme", "error"),
    [
        (H200, "bf16", 0.1),  # family out, not the kinder layer out
        (H200, "fp8_w8a8", 0.3),  # as formats that were new on that day
        (B200, "bf16", None),  # the vendor is no measurement
        (B200, "fp8_w8a8", None),
        (MI300X, "bf16", None),
    ],
)
def test_it_is_a_measured_error_or_none(
    told: Simulator, device: str, scheme: str, error: float | None
) -> None:
    found = confidence(device, scheme, told)
    assert found.error == error
    assert found.level == (Level.NONE if error is None else Level.MEASURED)
    said = "was not measured" if scheme != "bf16" else "family left out"
    if device != H200:
        assert f"nothing was measured on {device}" in found.reason
    else:
        assert said in found.reason
        assert f"a factor of {math.exp(found.error or 0):.2f} in the median of 12" in found.reason


def test_a_gpu_without_recordings_has_the_error_of_gpus_that_were_left_out_whole(
    told: Simulator,
) -> None:
    whole = [
        row(Group.RECORDED, "bf16", "gpu_out", 0.4),
        row(Group.RECORDED, "bf16", "gpu_out", 0.6, B200),
    ]
    both = (*told.trained, (B200, told.trained[0][1]))
    evidence = told.evidence | {"errors": [*ERRORS, *whole]}
    found = confidence(MI300X, "bf16", replace(told, trained=both, evidence=evidence))
    assert found.error == 0.6  # the worst of them
    assert f"nothing was measured on {MI300X}; {B200} in bf16, left out whole" in found.reason


def test_a_model_without_errors_is_not_validated(simulator: Simulator) -> None:
    found = confidence(H200, "bf16", simulator)
    assert (found.level, found.error) == (Level.NONE, None)
    assert found.reason == "model v1 has no measured error for bf16 on NVIDIA_H200"


def test_a_model_made_from_another_says_whose_errors_it_quotes(told: Simulator) -> None:
    after = replace(told, version="v2", evidence=told.measured)
    assert confidence(H200, "bf16", after).reason.endswith(" (model v1)")
    assert "(model" not in confidence(H200, "bf16", told).reason
