"""Faults that really happen, on a GPU: each has its outcome, and the sweep goes on."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest
import torch

from scripts.lib.budget import Budget
from scripts.measure.conditions import Conditions
from scripts.measure.controller.fleet import Limits
from scripts.measure.controller.records import NO_LIMIT
from scripts.measure.device.choose import open_gpu
from scripts.measure.protocol import Protocol
from scripts.measure.sweep import sweep
from tests.measure.faults import EXPECTED, assert_contained, factory, plan_with

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU"),
]

CONFIGS = [f"M16-N{n}-K64-G{g}-W4-S{s}" for n in (32, 64, 128) for g in (1, 16) for s in (2, 3, 4)]


@pytest.mark.parametrize("scope", ["two_gemm", "layer"])
def test_each_fault_ends_as_its_outcome_and_the_next_config_runs(
    tmp_path: Path, scope: str
) -> None:
    device = open_gpu(0, "gpu").identity()["device"]
    planned = plan_with(EXPECTED, f"{device}/E8-N256-K512-top2-bf16/M16", CONFIGS)
    # A new worker compiles the faulty kernel and the layer's small ones in line, hence not less.
    protocol = Protocol(trial_deadline_s=12.0, finalists=4)
    limits = Limits(Budget(NO_LIMIT, math.inf), time.monotonic() + 600, allow_busy=True)
    ledger, conditions = tmp_path / "ledger.jsonl", Conditions(scope=scope)
    make = factory(planned.faults)
    assert sweep(planned.plan, ledger, [0], conditions, limits, protocol, make) == 0
    assert_contained(ledger, planned)


def test_a_cell_larger_than_the_gpu_is_rejected_and_the_next_one_is_measured(
    tmp_path: Path,
) -> None:
    from scripts.lib.chain import read_chain

    device = open_gpu(0, "gpu").identity()["device"]
    cells = [f"{device}/{shape}/M1" for shape in (
        "E512-N65536-K65536-top2-bf16", "E8-N256-K512-top2-bf16",
    )]  # fmt: skip
    plans = [plan_with([], cell, CONFIGS).plan for cell in cells]
    limits = Limits(Budget(NO_LIMIT, math.inf), time.monotonic() + 600, allow_busy=True)
    for plan in plans:  # a sweep of both would order them by size, too
        assert sweep(plan, tmp_path / "ledger.jsonl", [0], Conditions(), limits) == 0
    outcomes = {
        body["cell_id"]: (body["outcome"], body["reason"])
        for body in read_chain(tmp_path / "ledger.jsonl")
        if body["kind"] == "attempt"
    }
    assert outcomes == {
        cells[0]: ("not_measured", "out_of_memory"),
        cells[1]: ("correct", None),
    }
