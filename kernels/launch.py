"""Compile the GEMM ahead of time, and launch it: compiled here, or through Triton's own JIT.

The same function compiles for the GPU at hand and for one that is not there. What a binary
depends on is in its ``Variant`` and the config's ``binary_key``; everything else is an argument.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from kernels.alignment import Alignment
from kernels.moe_gemm import moe_gemm_kernel

_TYPE_NAMES = {torch.bfloat16: "bf16", torch.float16: "fp16", torch.float32: "fp32"}
_BINARY_KEYS = (
    "BLOCK_SIZE_M", "BLOCK_SIZE_N", "BLOCK_SIZE_K", "GROUP_SIZE_M", "num_warps", "num_stages",
    "waves_per_eu", "matrix_instr_nonkdim", "kpack", "num_ctas",
)  # fmt: skip
_TILE_KEYS = ("BLOCK_SIZE_M", "BLOCK_SIZE_N", "BLOCK_SIZE_K")
_ARGUMENT_KEYS = (*_TILE_KEYS, "GROUP_SIZE_M")


@dataclass(frozen=True)
class Variant:
    """What a binary is compiled for, besides its config.

    ``share``: assignments that share a row of A (top_k for gate-up, 1 for down). ``weighted``:
    multiply by the routing weight (the down GEMM). ``aligned``: N and K are
    multiples of 16, which lets loads be 16 bytes wide; true of every shape of the corpus.
    """

    dtype: torch.dtype
    share: int
    weighted: bool
    aligned: bool = True

    @property
    def name(self) -> str:
        """For example ``bf16-share8-up``."""
        ends = ("down" if self.weighted else "up") + ("" if self.aligned else "-ragged")
        return f"{_TYPE_NAMES[self.dtype]}-share{self.share}-{ends}"


def binary_key(entry: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The part of a config that its binaries depend on."""
    return tuple((key, entry[key]) for key in _BINARY_KEYS if key in entry)


def _options(entry: Mapping[str, int]) -> dict[str, int]:
    return {key: value for key, value in binary_key(entry) if key not in _ARGUMENT_KEYS}


def _source(entry: Mapping[str, int], variant: Variant, run_time: Collection[str]) -> ASTSource:
    names = list(moe_gemm_kernel.arg_names)
    element = "*" + _TYPE_NAMES[variant.dtype]
    types = {"a_ptr": element, "b_ptr": element, "c_ptr": element, "route_weight_ptr": "*fp32"}
    constants: dict[str, Any] = {key: entry[key] for key in _TILE_KEYS}
    constants |= {"WEIGHTED": variant.weighted, "top_k": variant.share}
    constants["GROUP_SIZE_M"] = entry["GROUP_SIZE_M"]
    for name in run_time:
        del constants[name]
    signature = {
        name: "constexpr"
        if name in constants
        else types.get(name, "*i32" if name.endswith("_ptr") else "i32")
        for name in names
    }
    by_16 = [name for name in names if name.endswith("_ptr")]
    if variant.aligned:
        by_16 += ["N", "K", "stride_am", "stride_be", "stride_bn", "stride_cm"]
    attributes = {(names.index(name),): [["tt.divisibility", 16]] for name in by_16}
    return ASTSource(moe_gemm_kernel, signature, constants, attributes)


def compile_gemm(
    entry: Mapping[str, int],
    variant: Variant,
    target: GPUTarget,
    run_time: Collection[str] = (),
) -> Any:
    """Compile one binary for ``target``; needs no GPU. Returns Triton's compiled kernel.

    ``run_time``: which of top_k and GROUP_SIZE_M to leave to the launch (to measure its cost).
    Raises whatever the compiler raises; the caller records it as ``compile_error``.
    """
    options = _options(entry)
    return triton.compile(_source(entry, variant, run_time), target=target, options=options)


@dataclass(frozen=True)
class Gemm:
    """Operands of one GEMM.

    ``a`` [rows, K], ``b`` [experts, N, K], ``c`` [assignments, N], ``route_weight`` float32
    [assignments] or None. Row i of C is row ``i // share`` of A times its expert's weights.
    """

    a: torch.Tensor
    b: torch.Tensor
    c: torch.Tensor
    route_weight: torch.Tensor | None
    share: int


def arguments(gemm: Gemm, alignment: Alignment, entry: Mapping[str, int]) -> tuple[Any, ...]:
    """All kernel arguments in order, compile-time ones included (a launch skips those)."""
    weight = gemm.route_weight if gemm.route_weight is not None else alignment.num_padded
    return (
        gemm.a, gemm.b, gemm.c, weight,
        alignment.sorted_ids, alignment.expert_ids, alignment.num_padded,
        gemm.b.shape[1], gemm.b.shape[2], alignment.bound, gemm.c.shape[0],
        gemm.a.stride(0), gemm.b.stride(0), gemm.b.stride(1), gemm.c.stride(0),
        gemm.share, entry["GROUP_SIZE_M"],
        *(entry[key] for key in _TILE_KEYS), gemm.route_weight is not None,
    )  # fmt: skip


def grid(gemm: Gemm, alignment: Alignment, entry: Mapping[str, int]) -> tuple[int, int, int]:
    """Programs of one launch: blocks of rows in the worst routing times blocks of columns."""
    blocks_n = triton.cdiv(gemm.b.shape[1], entry["BLOCK_SIZE_N"])
    return (alignment.bound // entry["BLOCK_SIZE_M"] * blocks_n, 1, 1)


def launch_compiled(
    compiled: Any, gemm: Gemm, alignment: Alignment, entry: Mapping[str, int]
) -> None:
    """Launch a binary from ``compile_gemm`` on the current stream (captures into a CUDA graph)."""
    compiled[grid(gemm, alignment, entry)](*arguments(gemm, alignment, entry))


def launch_jit(gemm: Gemm, alignment: Alignment, entry: Mapping[str, int]) -> None:
    """Launch through Triton's JIT; also the way into its interpreter on a CPU."""
    launch = moe_gemm_kernel[grid(gemm, alignment, entry)]
    launch(*arguments(gemm, alignment, entry), **_options(entry))
