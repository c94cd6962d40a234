"""Faults that really happen, on the interpreter: each has its outcome, and the sweep goes on."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from scripts.lib.budget import Budget
from scripts.measure.conditions import Conditions
from scripts.measure.controller.fleet import Limits
from scripts.measure.controller.records import NO_LIMIT
from scripts.measure.protocol import Protocol
from scripts.measure.sweep import sweep
from tests.measure.faults import EXPECTED, FaultPlan, assert_contained, factory, plan_with
from tests.measure.interpreter_bench import CELL, CONFIGS, QUICK, controller

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU runs the compiled kernels")


def run(ledger: Path, planned: FaultPlan, protocol: Protocol, scope: str) -> int:
    conditions = Conditions(backend="interpreter", scope=scope)
    limits = Limits(Budget(NO_LIMIT, math.inf), time.monotonic() + 300)
    make = factory(planned.faults)
    return sweep(planned.plan, ledger, [0], conditions, limits, protocol, make)


@pytest.mark.parametrize(
    ("scope", "faults"), [("two_gemm", [*EXPECTED]), ("layer", ["illegal_access", "out_of_memory"])]
)
def test_each_fault_ends_as_its_outcome_and_the_next_config_runs(tmp_path, scope, faults):
    planned, ledger = plan_with(faults, CELL, CONFIGS), tmp_path / "ledger.jsonl"
    protocol = replace(QUICK, trial_deadline_s=5.0, finalists=2)
    process = controller(partial(run, ledger, planned, protocol, scope))
    process.start()
    process.join(120)
    assert process.exitcode == 0
    assert_contained(ledger, planned)
