"""Which launches stand for which others."""

from __future__ import annotations

import pytest

from kernels.formats import SCHEMES
from scripts.lib.config import parse_id
from scripts.lib.shape import Cell, Shape, parse_cell
from scripts.measure.controller.candidates import plan_of
from scripts.measure.work.operands import make_weights
from scripts.runtime.binaries import Compiler, different, jobs_of, kind_of
from scripts.runtime.unfilled import operands
from tests.runtime.eager import EagerOp

CONFIG = "M16-N64-K64-G1-W4-S3"
ENTRY = parse_id(CONFIG).to_entry()


def kind(tokens: int, scheme: str = "bf16", experts: int = 8, top_k: int = 2, n: int = 256) -> str:
    return kind_of(Cell("NVIDIA_H200", Shape(experts, n, 512, top_k, scheme), tokens), ENTRY)


def test_layers_of_one_format_and_top_k_share_binaries_and_others_do_not():
    assert kind(64) == kind(64, n=1024) == kind(128) == kind(64, experts=24)
    assert len({kind(64), kind(64, top_k=4), kind(64, "fp8_w8a8"), kind(64, n=200)}) == 4
    # Packed weights have their sizes compiled in.
    assert kind(64, "int4_w4a16") != kind(64, "int4_w4a16", n=512)


def test_integers_that_triton_specialises_and_the_skipped_alignment_are_kinds_of_their_own():
    assert kind(1, top_k=1) != kind(3, top_k=1)  # one row
    assert kind(17) != kind(32)  # rows that divide by 16
    assert kind(2, experts=64) != kind(2, experts=8)  # so few that alignment is skipped


def test_strides_of_scales_a_block_are_kinds_of_their_own():
    scheme = "fp8_w8a8_b128x128"
    assert kind(64, scheme, n=256) != kind(64, scheme, n=2048)
    assert kind(64, scheme, n=2048) == kind(64, scheme, n=4096)


def test_a_plan_has_one_job_a_kind():
    cells = [f"NVIDIA_H200/E8-N{n}-K512-top2-bf16/M{m}" for n in (256, 512) for m in (64, 128)]
    jobs = different(jobs_of(plan_of(cells, [CONFIG, "M16-N128-K64-G1-W4-S3"])))
    assert [job.cell_id for job in jobs] == cells[:1] * 2
    assert len({job.id for job in jobs}) == 2


@pytest.mark.parametrize("scheme", ["bf16", "fp8_w8a8_b128x128", "int8_w8a16", "int4_w4a16"])
def test_unfilled_operands_have_the_shapes_of_real_ones(scheme):
    cell = parse_cell(f"NVIDIA_H200/E4-N128-K256-top2-{scheme}/M3")
    x, layer, draw = operands(cell, EagerOp(), "cpu")
    (real,) = make_weights(cell.shape, 1, 1, "cpu")
    for made, filled in zip(
        (layer.quant[0].gate_up, layer.quant[0].down), (real.gate_up, real.down), strict=True
    ):
        assert (made.values.shape, made.values.dtype) == (filled.values.shape, filled.values.dtype)
        if filled.scale is not None:
            assert made.scale.shape == filled.scale.shape
    assert (x.shape, x.dtype) == ((3, 256), SCHEMES[scheme].compute)
    assert all(row.unique().numel() == 2 for row in draw.expert_of)
    assert draw.weight.sum(1).tolist() == [1.0] * 3


def test_a_compilation_that_fails_is_a_result_with_its_reason(monkeypatch):
    monkeypatch.setattr("scripts.runtime.unfilled.operands", lambda cell, op: (None, None, None))
    monkeypatch.setattr("torch.cuda.synchronize", lambda: None)
    monkeypatch.setattr("scripts.runtime.binaries.prepare_process", lambda *_: None)

    monkeypatch.setattr("os.nice", lambda _: None)
    op = EagerOp({128: RuntimeError("PassManager::run failed\nsource\nlast line")})
    monkeypatch.setattr(op, "compile", lambda *given: op.refuse(given[-1]))
    compiler = Compiler(0, lambda: op)
    cells = ["NVIDIA_H200/E8-N256-K512-top2-bf16/M64"]
    jobs = jobs_of(plan_of(cells, [CONFIG, "M16-N128-K64-G1-W4-S3"]))
    found = [compiler(job) for job in jobs]
    assert [one["outcome"] for one in found] == ["correct", "compile_error"]
    assert found[1]["reason"] == "RuntimeError: PassManager::run failed last line"
