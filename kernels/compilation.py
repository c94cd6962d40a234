"""Compile the GEMM ahead of time, for the GPU at hand or for one that is not there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from kernels.formats import Element, Scaling
from kernels.moe_gemm import moe_gemm_kernel
from kernels.variant import TILE_KEYS, Variant, compile_options, effective

_POINTERS = {Element.BF16: "*bf16", Element.FP16: "*fp16", Element.INT8: "*i8",
             Element.INT4: "*u8", Element.MXFP4: "*u8"}  # fmt: skip
_SMALL_POINTERS = {"route_weight_ptr": "*fp32", "b_zero_ptr": "*u8", "sorted_ids_ptr": "*i32",
                   "expert_ids_ptr": "*i32", "num_padded_ptr": "*i32"}  # fmt: skip
_STRIDES = ("N", "K", "stride_am", "stride_be", "stride_bn", "stride_cm")
# AMD's CDNA 3 multiplies the fp8 numbers without a negative zero, e4m3fnuz; all others OCP e4m3.
_FNUZ_ARCHITECTURES = ("gfx940", "gfx941", "gfx942")


def fp8_dtype(arch: str) -> torch.dtype:
    """The 8-bit float that the matrix instructions of an architecture take."""
    return torch.float8_e4m3fnuz if arch in _FNUZ_ARCHITECTURES else torch.float8_e4m3fn


def switches(variant: Variant) -> dict[str, Any]:
    """Compile-time switches of the kernel, by argument name."""
    form = variant.form
    return {
        "A": form.a.value, "B": form.b.value, "SCALING": form.scaling.value,
        "GROUP_N": form.group_n, "GROUP_K": form.group_k, "ZEROS": form.zero_points,
        "BIAS": variant.bias, "WEIGHTED": variant.weighted, "SWAP": variant.swap,
    }  # fmt: skip


def _pointer(element: Element, arch: str) -> str:
    if element is Element.FP8:
        return "*fp8e4b8" if fp8_dtype(arch) is torch.float8_e4m3fnuz else "*fp8e4nv"
    return _POINTERS[element]


def _types(variant: Variant, arch: str) -> dict[str, str]:
    form = variant.form
    compute = "*fp16" if form.compute is torch.float16 else "*bf16"
    scale = "*u8" if form.scaling is Scaling.MICRO else "*fp32"
    return _SMALL_POINTERS | {
        "a_ptr": _pointer(form.a, arch),
        "b_ptr": _pointer(form.b, arch),
        "c_ptr": compute,
        "bias_ptr": compute,
        "a_scale_ptr": scale,
        "b_scale_ptr": scale,
    }


def _source(
    kernel: Any, entry: Mapping[str, int], variant: Variant, run_time: Collection[str], arch: str
) -> ASTSource:
    names = list(kernel.arg_names)
    types = _types(variant, arch)
    known = {key: entry.get(key) for key in (*TILE_KEYS, "GROUP_SIZE_M")}
    known |= {"top_k": variant.share, **switches(variant)}
    constants = {name: value for name, value in known.items() if name not in run_time}
    signature = {
        name: "constexpr" if name in constants else types.get(name, "i32") for name in names
    }
    by_16 = [name for name in names if name.endswith("_ptr")]
    if variant.aligned:
        by_16 += _STRIDES
    attributes = {(names.index(name),): [["tt.divisibility", 16]] for name in by_16}
    return ASTSource(kernel, signature, constants, attributes)


def compile_gemm(
    entry: Mapping[str, int],
    variant: Variant,
    target: GPUTarget,
    run_time: Collection[str] = (),
    kernel: Any = moe_gemm_kernel,
) -> Any:
    """Compile one binary for ``target``; needs no GPU. Returns Triton's compiled kernel.

    ``run_time``: which of top_k and GROUP_SIZE_M to leave to the launch, so that one binary
    serves all values; scripts.measure.specialisation measures what that costs.
    ``kernel``: another version of the kernel, with the same arguments.
    Raises whatever the compiler raises; the caller records it as ``compile_error``.
    """
    launched = effective(entry, variant.form)
    arch = target.arch if isinstance(target.arch, str) else f"sm_{target.arch}"
    source = _source(kernel, launched, variant, run_time, arch)
    return triton.compile(source, target=target, options=compile_options(launched))
