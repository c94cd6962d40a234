"""The GEMM tile by tile: how each number format is unpacked, multiplied and scaled."""

import triton
import triton.language as tl


@triton.jit
def outer(of_rows, of_columns, SWAP: tl.constexpr):
    """[M] and [N] -> their product, [M, N], or [N, M] where operands are swapped."""
    if SWAP:
        product = of_columns[:, None] * of_rows[None, :]
    else:  # not an early return: Triton would compile what follows it all the same
        product = of_rows[:, None] * of_columns[None, :]
    return product


@triton.jit
def _per_group(ptrs, first_k, K, BLOCK_K: tl.constexpr, GROUP_K: tl.constexpr):
    """[N] pointers to a column's first group -> [K, N] of what the tile's groups hold."""
    if GROUP_K % BLOCK_K == 0:  # the tile lies in one group
        spread = tl.load(ptrs + first_k // GROUP_K)[None, :]
    else:
        GROUPS: tl.constexpr = BLOCK_K // GROUP_K
        groups = first_k // GROUP_K + tl.arange(0, GROUPS)
        inside = groups[:, None] < tl.cdiv(K, GROUP_K)
        held = tl.load(ptrs[None, :] + groups[:, None], mask=inside, other=0)
        COLUMNS: tl.constexpr = ptrs.shape[0]
        # Loaded once a group and spread in registers: a number for each weight would take more
        # shared memory than the weights.
        spread = tl.broadcast_to(held[:, None, :], (GROUPS, GROUP_K, COLUMNS))
        spread = tl.reshape(spread, (BLOCK_K, COLUMNS))
    return spread.to(tl.float32)


@triton.jit
def unpack(
    packed,  # [K, N] bytes, each nibble pair twice
    ks,  # [K] from 0
    first_k,
    K,
    scale_ptrs,  # [N] first scale of each column
    zero_ptrs,  # [N] first zero point of each column
    BLOCK_K: tl.constexpr,
    GROUP_K: tl.constexpr,
    ZEROS: tl.constexpr,
):
    """Int4 weights of a tile as float32: (nibble - zero) * scale of its group."""
    nibble = (packed >> ((ks % 2) * 4)[:, None].to(tl.uint8)) & 0xF
    number = nibble.to(tl.float32)
    if ZEROS:
        number -= _per_group(zero_ptrs, first_k, K, BLOCK_K, GROUP_K)
    else:
        number -= 8.0
    return number * _per_group(scale_ptrs, first_k, K, BLOCK_K, GROUP_K)


@triton.jit
def _product(a, b, acc, SWAP: tl.constexpr):
    """Matrix product (+ acc): int32 of int8 operands, else float32."""
    OUT: tl.constexpr = tl.int32 if a.dtype == tl.int8 else tl.float32
    if SWAP:
        product = tl.dot(tl.trans(b), tl.trans(a), acc, out_dtype=OUT)
    else:
        product = tl.dot(a, b, acc, out_dtype=OUT)
    return product


@triton.jit
def _microscaled(
    a, b, acc, a_scale_ptrs, b_scale_ptrs, valid, first_k, K,
    A: tl.constexpr, GROUP_K: tl.constexpr, SWAP: tl.constexpr,
):  # fmt: skip
    BLOCK_K: tl.constexpr = b.shape[0] * 2
    groups = first_k // GROUP_K + tl.arange(0, BLOCK_K // GROUP_K)
    inside = groups < tl.cdiv(K, GROUP_K)
    b_scale = tl.load(b_scale_ptrs[:, None] + groups[None, :], mask=inside[None, :], other=0)
    A_FORMAT: tl.constexpr = (
        "e2m1" if A == "mxfp4" else ("fp16" if a.dtype == tl.float16 else "bf16")
    )
    a_scale = None
    if A == "mxfp4":
        a_mask = valid[:, None] & inside[None, :]
        a_scale = tl.load(a_scale_ptrs[:, None] + groups[None, :], mask=a_mask, other=0)
    if SWAP:
        acc = tl.dot_scaled(tl.trans(b), b_scale, "e2m1", tl.trans(a), a_scale, A_FORMAT, acc)
    else:
        acc = tl.dot_scaled(a, a_scale, A_FORMAT, b, b_scale, "e2m1", acc)
    return acc


@triton.jit
def multiply(
    a, b, acc, a_scale_ptrs, b_scale_ptrs, valid, first_k, K,
    A: tl.constexpr, B: tl.constexpr, SCALING: tl.constexpr, GROUP_K: tl.constexpr,
    SWAP: tl.constexpr,
):  # fmt: skip
    """Add the product of tiles a [M, K] and b [K, N] to acc, scaled where scales are this fine."""
    if SCALING == "micro":
        acc = _microscaled(
            a, b, acc, a_scale_ptrs, b_scale_ptrs, valid, first_k, K, A, GROUP_K, SWAP
        )
    elif SCALING == "block":
        # One scale a row and column for the whole step: BLOCK_SIZE_K divides GROUP_K.
        a_scale = tl.load(a_scale_ptrs + first_k // GROUP_K, mask=valid, other=0.0)
        b_scale = tl.load(b_scale_ptrs + first_k // GROUP_K)
        part = _product(a, b, None, SWAP)
        acc += part.to(tl.float32) * outer(a_scale, b_scale, SWAP)
    else:
        acc = _product(a, b.to(a.dtype), acc, SWAP)
    return acc


@triton.jit
def finish(
    acc, a_scale_ptrs, b_scale_ptrs, bias_ptrs, route_weight_ptrs, valid,
    A: tl.constexpr, B: tl.constexpr, SCALING: tl.constexpr, BIAS: tl.constexpr,
    WEIGHTED: tl.constexpr,
):  # fmt: skip
    """Sums [M, N] to outputs in float32: scales that wait for the sum, bias, routing weight."""
    if SCALING == "tensor" or SCALING == "channel":  # noqa: PLR1714 - Triton has no `in`
        acc = acc.to(tl.float32) * tl.load(b_scale_ptrs)[None, :]
        if A == B:  # activations are quantised too
            acc *= tl.load(a_scale_ptrs, mask=valid, other=0.0)[:, None]
    if BIAS:
        acc += tl.load(bias_ptrs).to(tl.float32)[None, :]
    if WEIGHTED:
        acc *= tl.load(route_weight_ptrs, mask=valid, other=0.0)[:, None]
    return acc
