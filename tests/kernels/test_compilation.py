"""Ahead-of-time compilation for GPUs that are not here."""

import json
import os
import subprocess
import sys

import pytest
import torch

from kernels.compilation import fp8_dtype
from kernels.formats import SCHEMES
from kernels.variant import Variant

ENTRY = {
    "BLOCK_SIZE_M": 64, "BLOCK_SIZE_N": 64, "BLOCK_SIZE_K": 64,
    "GROUP_SIZE_M": 16, "num_warps": 4, "num_stages": 3,
}  # fmt: skip
SM80, SM90, GFX942 = ("cuda", 80, 32), ("cuda", 90, 32), ("hip", "gfx942", 64)

# In a process of its own, since this one may have chosen the interpreter.
SCRIPT = """
import json, sys
from triton.backends.compiler import GPUTarget
from kernels.compilation import compile_gemm
from kernels.variant import Variant
entry, fields, target = json.loads(sys.argv[1])
out = compile_gemm(entry, Variant(**fields), GPUTarget(*target))
print(json.dumps([out.metadata.shared, out.asm.get("ptx") or out.asm["amdgcn"]]))
"""


def run(variant, target, entry=ENTRY):
    environment = {key: value for key, value in os.environ.items() if key != "TRITON_INTERPRET"}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps([entry, vars(variant), target])],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip


def compiled(variant, target, entry=ENTRY):
    done = run(variant, target, entry)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("scheme", ["bf16", "fp16"])
def test_hopper_gets_warpgroup_instructions_and_wide_copies(scheme):
    _, ptx = compiled(Variant(scheme, 2, False), SM90)
    assert "wgmma.mma_async" in ptx
    assert "cp.async.cg.shared.global [ %r" in ptx.replace("\t", " ")
    assert "0x10" in ptx  # copies of 16 bytes


@pytest.mark.parametrize(
    ("scheme", "instruction"),
    [
        ("fp8_w8a8", "m64n64k32.f32.e4m3.e4m3"),
        ("fp8_w8a8_b128x128", "m64n64k32.f32.e4m3.e4m3"),
        ("int8_w8a8", "m64n64k32.s32.s8.s8"),
        ("int4_w4a16_zp", "m64n64k16.f32.bf16.bf16"),
        ("mxfp4_w4a16", "m64n64k16.f32.bf16.bf16"),
        ("mxfp4_w4a4", "m64n64k16.f32.bf16.bf16"),
    ],
)
def test_formats_reach_the_matrix_instruction_that_hopper_has_for_them(scheme, instruction):
    assert instruction in compiled(Variant(scheme, 8, False), SM90)[1]


def test_swapped_operands_put_few_tokens_on_the_short_side():
    few = ENTRY | {"BLOCK_SIZE_M": 16}
    assert "wgmma" not in compiled(Variant("bf16", 2, False), SM90, few)[1]
    assert "m64n16k16" in compiled(Variant("bf16", 2, False, swap=True), SM90, few)[1]


def test_ampere_gets_one_stage_of_shared_memory_less():
    stage = (64 + 64) * 64 * 2
    assert compiled(Variant("bf16", 2, False), SM80)[0] == 2 * stage
    assert compiled(Variant("bf16", 2, False), SM90)[0] == 3 * stage


def test_ampere_has_no_fp8():
    done = run(Variant("fp8_w8a8", 2, False), SM80)
    assert done.returncode != 0
    assert "fp8e4nv not supported" in done.stderr


def test_cdna3_takes_fp8_without_a_negative_zero():
    assert fp8_dtype("gfx942") is torch.float8_e4m3fnuz
    assert fp8_dtype("gfx950") is fp8_dtype("sm_90") is torch.float8_e4m3fn
    entry = ENTRY | {"num_stages": 2, "waves_per_eu": 0, "matrix_instr_nonkdim": 16}
    assert (
        "v_mfma_f32_16x16x32_fp8_fp8" in compiled(Variant("fp8_w8a8", 2, False), GFX942, entry)[1]
    )


def test_only_the_weighted_binary_multiplies_by_routing_weights():
    plain = compiled(Variant("bf16", 1, False), SM80)[1]
    weighted = compiled(Variant("bf16", 1, True), SM80)[1]
    assert weighted.count("mul.f32") > plain.count("mul.f32")


def test_switches_that_are_off_leave_nothing():
    """A bf16 binary must not read scales, zero points or biases."""
    with_bias = compiled(Variant("bf16", 1, False, bias=True), SM80)[1]
    without = compiled(Variant("bf16", 1, False), SM80)[1]
    assert without.count("ld.global") < with_bias.count("ld.global")


def test_a_longer_step_than_the_scale_block_is_the_same_binary():
    long, short = ENTRY | {"BLOCK_SIZE_K": 256}, ENTRY | {"BLOCK_SIZE_K": 128}
    variant = Variant("fp8_w8a8_b128x128", 8, False)
    assert compiled(variant, SM90, long) == compiled(variant, SM90, short)


def test_ragged_shapes_get_a_binary_of_their_own():
    assert compiled(Variant("fp16", 2, False, aligned=False), SM90)[0] > 0


def test_every_scheme_is_one_of_the_formats():
    assert all(form.name == name for name, form in SCHEMES.items())
