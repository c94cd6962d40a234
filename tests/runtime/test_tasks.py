"""The operator's worker: what it checks, what it times, and what becomes of what it is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
import triton

from kernels.formats import SCHEMES as ALL
from kernels.quantise import quantise_weights
from scripts.lib.config import parse_id
from scripts.measure.work.operands import Weights
from scripts.runtime.op import SCHEMES, stored
from scripts.runtime.tasks import OpWorker
from tests.runtime.eager import CONDITIONS, QUICK, EagerBackend, EagerOp, make_worker, shapes

ENTRY = parse_id("M16-N64-K64-G1-W4-S3").to_entry()


def cell(scheme: str, tokens: int = 3) -> str:
    return f"NVIDIA_H200/{shapes(scheme)[0]}/M{tokens}"


def opened(scheme="bf16", faults=None, **conditions):
    worker = make_worker(faults)(QUICK, replace(CONDITIONS, **conditions), 0)
    return worker, worker(("open", cell(scheme), ENTRY))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_format_is_checked_against_the_reference_and_timed(scheme):
    worker, facts = opened(scheme)
    assert (facts["scope"], facts["anchor_error"]) == ("op", None)
    trial = worker(("trial", ENTRY, None))
    assert trial["outcome"] == "correct"
    assert trial["logits_diff"] < 1e-4
    assert trial["registers"] is trial["spills"] is None
    assert 0 < trial["low_us"] <= trial["median_us"] <= trial["high_us"]
    assert len(worker(("finals", [ENTRY, ENTRY]))["us"]) == QUICK.rounds


@pytest.mark.parametrize("scheme", sorted(set(ALL) - set(SCHEMES)))
def test_a_format_that_the_operator_does_not_take_is_refused(scheme):
    _, facts = opened(scheme)
    assert facts["refused"] == "scheme_unsupported"
    assert scheme in facts["message"]


def test_outputs_that_lack_the_routing_weights_or_rows_are_mismatches():
    worker, _ = opened(faults={32: "no weights", 128: "unwritten"})
    for size in (32, 128):
        trial = worker(("trial", ENTRY | {"BLOCK_SIZE_N": size}, None))
        assert trial["outcome"] == "mismatch"
        assert "median_us" not in trial


def test_what_launcher_and_compiler_refuse_is_an_outcome_and_the_next_config_runs():
    full = triton.runtime.errors.OutOfResources(300_000, 232_448, "shared memory")
    broken = triton.runtime.errors.PTXASError("no")
    worker, _ = opened(faults={32: full, 256: broken})
    found = [worker(("trial", ENTRY | {"BLOCK_SIZE_N": n}, None)) for n in (32, 256, 64)]
    assert [trial["outcome"] for trial in found] == ["illegal", "compile_error", "correct"]
    assert "shared memory" in found[0]["reason"]
    with pytest.raises(RuntimeError, match="by itself"):
        opened(faults={32: RuntimeError("by itself")})[0](
            ("trial", ENTRY | {"BLOCK_SIZE_N": 32}, 1)
        )


def test_passes_rotate_weight_sets_and_draws_cold_and_stay_with_one_warm():
    cold, facts = opened()
    assert (facts["weight_sets"], facts["draws"], facts["passes"]) == (2, 2, 2)
    _, facts = opened(weights="warm")
    assert (facts["weight_sets"], facts["draws"], facts["passes"]) == (1, 1, 2)
    drawn = [draw.expert_of for draw in cold.scope.inputs.draws]
    assert not torch.equal(drawn[0], drawn[1])


def test_zipf_routing_is_a_choice_and_is_stated():
    assert opened(profile="zipf")[1]["routing"] == "zipf"


def test_int4_scales_are_what_16_bits_hold_and_the_reference_reads_the_same():
    form = ALL["int4_w4a16"]
    matrix = quantise_weights(torch.randn(2, 128, 256), form)
    kept = stored(Weights(matrix, matrix), form).gate_up
    assert torch.equal(kept.scale, matrix.scale.bfloat16().float())
    assert torch.equal(kept.values, matrix.values)
    assert not torch.equal(kept.scale, matrix.scale)
    other = Weights(matrix, matrix)
    assert stored(other, ALL["fp8_w8a8"]) is other


def test_the_operator_is_given_memory_that_holds_no_earlier_answer(monkeypatch):
    """What it allocates is as large as what was filled with NaN just before."""
    filled: list[int] = []
    real = torch.full

    def full(size, value, **kwargs):
        if math.isnan(value):
            filled.append(size[0])
        return real(size, value, **kwargs)

    worker, _ = opened()
    monkeypatch.setattr(torch, "full", full)
    worker.scope.run(None, ENTRY, worker.scope.inputs.checking)
    rows = 3 * 2
    assert filled == [rows * 256, rows * 128, 3 * 256]
    filled.clear()
    worker.scope.run(None, ENTRY, 0)
    assert filled == []  # never while it is timed


def test_timed_passes_call_the_operator_and_nothing_else():
    op = EagerOp()
    worker = OpWorker(QUICK, CONDITIONS, EagerBackend(), op)
    worker(("open", cell("bf16"), None))
    timer = worker._timer(ENTRY)
    op.calls.clear()
    timer(3)
    assert op.calls == [64] * 3 * 2
