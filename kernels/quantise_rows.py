"""Quantise activations in one launch: the bytes of ``quantise.quantise_activations``, faster.

Rounding is spelled out in float32 and integers instead of left to conversions: those differ
between targets (old ones have no e4m3, Triton's interpreter rounds its ties the wrong way), and the
bytes must not. Division is ``div_rn``: the plain one is approximate on a GPU. All products are by
powers of two, so that a compiler may fuse them with sums.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

from kernels.formats import MX_GROUP, Element, Format, Matrix, Scaling
from kernels.quantise import (
    FP8_LARGEST,
    INT8_LARGEST,
    SMALLEST_SCALE,
    check_operand,
    quantise_matrix,
)

_NUMBERS = 1024  # of one program, unless one group is more
_NUMBERS_PER_WARP = 512
_FP8_BIAS = {torch.float8_e4m3fn: 7, torch.float8_e4m3fnuz: 8}
_WHOLE = tl.constexpr(12582912.0)  # 1.5 * 2 ** 23: around it float32 has whole numbers only
_SMALLEST = tl.constexpr(SMALLEST_SCALE)


def quantise_rows(x: torch.Tensor, form: Format, fnuz: bool = False) -> Matrix:
    """Store activations [rows, K] in ``form``: one launch, or torch where one scale is for all.

    ``x`` is float32 or 16-bit, its K contiguous. Never waits for the device, so a number that is
    not finite goes unnoticed and gives undefined bytes. ``fnuz``: FP8 as gfx942 has it. Raises
    ValueError for another rank or dtype, a strided K, no numbers, or an odd K where two numbers
    share a byte.
    """
    check_operand(x, form.a, ("rows", "K"))
    if not form.quantised_activations or form.scaling is Scaling.TENSOR:
        return quantise_matrix(x, form, "a", fnuz)
    if x.dtype == torch.float64:
        raise ValueError("float64 activations are quantised by quantise_activations only")
    if x.stride(1) != 1:
        raise ValueError(f"K must be contiguous, got strides {x.stride()}: call .contiguous()")
    if form.a is Element.MXFP4:
        return _mx_rows(x)
    return _scaled_rows(x, form, fnuz)


@triton.jit
def _nearest(x):
    """Nearest whole number, ties to even, of |x| < 2 ** 22."""
    return (x + _WHOLE) - _WHOLE


@triton.jit
def _fp8_bits(x, BIAS: tl.constexpr, FNUZ: tl.constexpr):
    """Bits of the e4m3 nearest to float32 numbers within its range; ``BIAS``: of its exponent."""
    bits = x.to(tl.int32, bitcast=True)
    magnitude = bits & 0x7FFFFFFF
    # Keep 3 of 23 bits of mantissa. What is added carries into them exactly where the next code
    # is nearer, or as near and even: half of a kept step less one, plus the lowest bit kept.
    kept = (magnitude + 0x7FFFF + ((magnitude >> 20) & 1)) >> 20
    normal = kept - ((127 - BIAS) << 3)
    # The first 8 codes are evenly spaced, up to the least number with a full mantissa.
    steps = tl.abs(x) * (1 << (BIAS + 2))
    code = tl.where(steps < 8.0, _nearest(steps).to(tl.int32), normal)
    sign = (bits >> 24) & 0x80
    if FNUZ:  # the bits of minus zero are its NaN
        sign = tl.where(code == 0, 0, sign)
    return (code | sign).to(tl.uint8)


@triton.jit
def _e2m1_bits(x, inverse):
    """Codes of the e2m1 nearest to ``x * inverse``, at most 6; ``inverse`` is a power of two."""
    steps = tl.abs(x) * inverse
    below_2 = _nearest(steps * 2.0)
    below_4 = _nearest(steps) + 2.0
    above = tl.minimum(_nearest(steps * 0.5) + 4.0, 7.0)
    code = tl.where(steps < 2.0, below_2, tl.where(steps < 4.0, below_4, above)).to(tl.int32)
    sign = (x.to(tl.int32, bitcast=True) >> 28) & 8
    return code | sign


@triton.jit
def _scaled_rows_kernel(
    x_ptr, values_ptr, scale_ptr, K, stride_xm, group_k, groups,
    LARGEST: tl.constexpr, BIAS: tl.constexpr, FNUZ: tl.constexpr,
    GROUPS: tl.constexpr, GROUP: tl.constexpr,
):  # fmt: skip
    """GROUPS groups of one row, each ``group_k`` <= GROUP numbers; BIAS 0 stores int8."""
    row = tl.program_id(0).to(tl.int64)
    group = tl.program_id(1) * GROUPS + tl.arange(0, GROUPS)
    within = tl.arange(0, GROUP)[None, :]
    column = group[:, None] * group_k + within
    mask = (within < group_k) & (column < K)
    x = tl.load(x_ptr + row * stride_xm + column, mask=mask, other=0.0).to(tl.float32)
    largest = tl.full((GROUPS,), LARGEST, tl.float32)
    scale = tl.maximum(tl.div_rn(tl.max(tl.abs(x), axis=1), largest), _SMALLEST)
    tl.store(scale_ptr + row * groups + group, scale, mask=group < groups)
    steps = tl.div_rn(x, tl.broadcast_to(scale[:, None], (GROUPS, GROUP)))
    values = _fp8_bits(steps, BIAS, FNUZ) if BIAS else _nearest(steps).to(tl.int8)
    tl.store(values_ptr + row * K + column, values, mask=mask)


@triton.jit
def _mx_rows_kernel(
    x_ptr, values_ptr, scale_ptr, K, stride_xm, groups,
    GROUPS: tl.constexpr, GROUP: tl.constexpr,
):  # fmt: skip
    """GROUPS groups of one row, each of GROUP numbers under one e8m0 scale; K is even."""
    row = tl.program_id(0).to(tl.int64)
    group = tl.program_id(1) * GROUPS + tl.arange(0, GROUPS)
    column = group[:, None] * GROUP + tl.arange(0, GROUP)[None, :]
    x = tl.load(x_ptr + row * stride_xm + column, mask=column < K, other=0.0).to(tl.float32)
    # The exponent field is floor(log2) + 127, and 0 where the scale is the least one anyway.
    field = tl.max(tl.abs(x), axis=1).to(tl.int32, bitcast=True) >> 23
    scale = tl.maximum(field - 2, 0)  # 4 = 2 ** 2 is the largest power of two of e2m1
    tl.store(scale_ptr + row * groups + group, scale.to(tl.uint8), mask=group < groups)
    inverse = ((2 * 127 - scale) << 23).to(tl.float32, bitcast=True)
    code = _e2m1_bits(x, inverse[:, None])
    low, high = tl.split(tl.reshape(code, (GROUPS, GROUP // 2, 2)))
    byte = group[:, None] * (GROUP // 2) + tl.arange(0, GROUP // 2)[None, :]
    packed = (low | (high << 4)).to(tl.uint8)
    tl.store(values_ptr + row * (K // 2) + byte, packed, mask=byte < K // 2)


def _launch(kernel: Any, arguments: tuple[Any, ...], rows: int, groups: int, group: int) -> None:
    """One program for as many groups of a row as make _NUMBERS numbers, at least one."""
    per_program = max(1, _NUMBERS // group)
    warps = max(1, min(16, per_program * group // _NUMBERS_PER_WARP))
    programs = (rows, triton.cdiv(groups, per_program))
    kernel[programs](*arguments, per_program, group, num_warps=warps)


def _scaled_rows(x: torch.Tensor, form: Format, fnuz: bool) -> Matrix:
    """FP8 or INT8, with a scale for each row or each group of a row."""
    rows, K = x.shape
    group_k = K if form.scaling is Scaling.CHANNEL else form.group_k
    groups = triton.cdiv(K, group_k)
    scale = torch.empty(rows, groups, dtype=torch.float32, device=x.device)
    fp8 = torch.float8_e4m3fnuz if fnuz else torch.float8_e4m3fn
    if form.a is Element.FP8:
        dtype, stored, encoding = fp8, torch.uint8, (FP8_LARGEST[fp8], _FP8_BIAS[fp8], fnuz)
    else:
        dtype, stored, encoding = torch.int8, torch.int8, (INT8_LARGEST, 0, False)
    values = torch.empty(rows, K, dtype=stored, device=x.device)
    arguments = (x, values, scale, K, x.stride(0), group_k, groups, *encoding)
    _launch(_scaled_rows_kernel, arguments, rows, groups, triton.next_power_of_2(group_k))
    return Matrix(
        values.view(dtype), scale.squeeze(1) if form.scaling is Scaling.CHANNEL else scale
    )


def _mx_rows(x: torch.Tensor) -> Matrix:
    rows, K = x.shape
    groups = triton.cdiv(K, MX_GROUP)
    values = torch.empty(rows, K // 2, dtype=torch.uint8, device=x.device)
    scale = torch.empty(rows, groups, dtype=torch.uint8, device=x.device)
    arguments = (x, values, scale, K, x.stride(0), groups)
    _launch(_mx_rows_kernel, arguments, rows, groups, MX_GROUP)
    return Matrix(values, scale)
