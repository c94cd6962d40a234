"""Ahead-of-time compilation for GPUs that are not here, and what a binary depends on."""

import json
import os
import subprocess
import sys

import pytest
import torch
from triton.backends.compiler import GPUTarget

from kernels.launch import Variant, binary_key

ENTRY = {
    "BLOCK_SIZE_M": 64, "BLOCK_SIZE_N": 64, "BLOCK_SIZE_K": 64,
    "GROUP_SIZE_M": 16, "num_warps": 4, "num_stages": 3,
}  # fmt: skip
SM90, SM80 = GPUTarget("cuda", 90, 32), GPUTarget("cuda", 80, 32)


# In a process of its own, since this one may have chosen the interpreter.
SCRIPT = """
import json, sys, torch
from triton.backends.compiler import GPUTarget
from kernels.launch import Variant, compile_gemm
entry, (dtype, share, weighted, aligned), arch = json.loads(sys.argv[1])
variant = Variant(getattr(torch, dtype), share, weighted, aligned)
out = compile_gemm(entry, variant, GPUTarget("cuda", arch, 32))
print(json.dumps([out.metadata.shared, out.asm["ptx"]]))
"""


def compiled(variant, target):
    dtype = str(variant.dtype).removeprefix("torch.")
    fields = (dtype, variant.share, variant.weighted, variant.aligned)
    environment = {key: value for key, value in os.environ.items() if key != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps([ENTRY, fields, target.arch])],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_hopper_gets_warpgroup_instructions_and_wide_copies(dtype):
    _, ptx = compiled(Variant(dtype, 2, False), SM90)
    assert "wgmma.mma_async" in ptx
    assert "cp.async.cg.shared.global [ %r" in ptx.replace("\t", " ")
    assert "0x10" in ptx  # copies of 16 bytes


def test_ampere_gets_one_stage_of_shared_memory_less():
    stage = (64 + 64) * 64 * 2
    assert compiled(Variant(torch.bfloat16, 2, False), SM80)[0] == 2 * stage
    assert compiled(Variant(torch.bfloat16, 2, False), SM90)[0] == 3 * stage


def test_only_the_weighted_binary_multiplies_by_routing_weights():
    plain = compiled(Variant(torch.bfloat16, 1, False), SM80)[1]
    weighted = compiled(Variant(torch.bfloat16, 1, True), SM80)[1]
    assert weighted.count("mul.f32") > plain.count("mul.f32")


def test_ragged_shapes_get_a_binary_of_their_own():
    ragged = Variant(torch.float16, 2, False, aligned=False)
    assert ragged.name == "fp16-share2-up-ragged"
    assert compiled(ragged, SM90)[0] > 0


def test_the_binary_depends_on_the_config_and_on_nothing_of_the_batch():
    assert dict(binary_key(ENTRY)) == ENTRY
    assert binary_key(ENTRY | {"SPLIT_K": 1}) == binary_key(ENTRY)
    assert set(Variant.__dataclass_fields__) == {"dtype", "share", "weighted", "aligned"}
