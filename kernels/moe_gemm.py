"""The fused-MoE GEMM: rows gathered by expert, one expert's weights per block of rows.

A launch is described by a config in the public key names (BLOCK_SIZE_M, …); it means here what
it means to the runtimes that read such files: same tiles, same program order, same pipelining,
and the same width of address arithmetic. (Column indices wrap in 64 bits there, so they do here:
32 bits would be faster, for small tiles most, and configs would rank differently.)

Integers that change with the batch are run-time values that Triton must not specialise, so that
one binary serves every batch and routing. ``top_k`` and ``GROUP_SIZE_M`` can be compiled in, as
upstream has them, or left to the launch; what each costs at run time is measured by
scripts.measure.specialisation and stands in results/RESULTS.md.

The number formats of kernels.formats are compile-time switches: A and B say how a tile is loaded
and multiplied, SCALING where the scales come in. A switch that is off leaves no instruction.
"""

import triton
import triton.language as tl

from kernels.gemm_step import finish, multiply, unpack

# Run-time integers kept out of the binary's identity. N, K and the strides are not among them:
# their divisibility by 16 decides whether loads are 16 bytes wide.
UNSPECIALISED = ["padded_bound", "num_valid", "top_k", "GROUP_SIZE_M"]


@triton.jit(do_not_specialize=UNSPECIALISED)
def moe_gemm_kernel(
    a_ptr,  # [rows, K] activations, row-major; 4-bit ones two to a byte
    b_ptr,  # [experts, N, K] weights, K contiguous; 4-bit ones two to a byte
    c_ptr,  # [num_valid, N] output, row-major
    a_scale_ptr,  # scales as kernels.formats.Matrix has them; not read where there are none
    b_scale_ptr,
    b_zero_ptr,  # [experts, N, groups] uint8, read if ZEROS
    bias_ptr,  # [experts, N], read if BIAS
    route_weight_ptr,  # [num_valid] float32 routing weights, read if WEIGHTED
    sorted_ids_ptr,  # [padded] assignment ids sorted by expert, num_valid where padded
    expert_ids_ptr,  # [padded / BLOCK_SIZE_M] expert of each block of rows, -1 if not local
    num_padded_ptr,  # [1] rows really used, padding included
    N,
    K,
    padded_bound,  # host's bound on num_padded: fixes the grid and the program order
    num_valid,  # assignments, tokens * top_k
    stride_am,  # strides in stored elements: a byte holds two of 4 bits
    stride_be,
    stride_bn,
    stride_cm,
    stride_asm,  # scales of activations, by row
    stride_bse,  # scales and zero points of weights, by expert and by row of scales
    stride_bsn,
    top_k,  # assignments that share one row of A
    GROUP_SIZE_M,
    BLOCK_SIZE_M: tl.constexpr,
    BLOCK_SIZE_N: tl.constexpr,
    BLOCK_SIZE_K: tl.constexpr,
    A: tl.constexpr,  # kernels.formats.Element of the activations
    B: tl.constexpr,  # … and of the weights
    SCALING: tl.constexpr,  # kernels.formats.Scaling
    GROUP_N: tl.constexpr,
    GROUP_K: tl.constexpr,
    ZEROS: tl.constexpr,
    BIAS: tl.constexpr,
    WEIGHTED: tl.constexpr,
    SWAP: tl.constexpr,  # multiply B.T by A.T: few rows then fill the narrow side of the MMA
):
    """C[i, :] = (w[i] *) (A[i // top_k, :] @ B[expert(i)].T (+ bias)) for every assignment i."""
    blocks_m = tl.cdiv(padded_bound, BLOCK_SIZE_M)
    blocks_n = tl.cdiv(N, BLOCK_SIZE_N)
    pid = tl.program_id(0)
    block_m, block_n = tl.swizzle2d(
        pid // blocks_n, pid % blocks_n, blocks_m, blocks_n, GROUP_SIZE_M
    )
    if block_m * BLOCK_SIZE_M >= tl.load(num_padded_ptr):
        return

    slots = block_m * BLOCK_SIZE_M + tl.arange(0, BLOCK_SIZE_M).to(tl.int64)
    ids = tl.load(sorted_ids_ptr + slots).to(tl.int64)
    valid = ids < num_valid
    cols = block_n * BLOCK_SIZE_N + tl.arange(0, BLOCK_SIZE_N).to(tl.int64)
    c_ptrs = c_ptr + ids[:, None] * stride_cm + cols[None, :]
    c_mask = valid[:, None] & (cols[None, :] < N)

    expert = tl.load(expert_ids_ptr + block_m).to(tl.int64)
    if expert == -1:
        # The sum over top_k reads every row, so rows of experts held elsewhere must be zero.
        zeros = tl.zeros((BLOCK_SIZE_M, BLOCK_SIZE_N), dtype=c_ptr.dtype.element_ty)
        tl.store(c_ptrs, zeros, mask=c_mask)
        return

    rows = ids // top_k
    # Columns past N wrap round to valid ones: cheaper than a mask, and never stored.
    wrapped = cols % N
    A_PACK: tl.constexpr = 2 if A == "mxfp4" else 1
    # int4 nibbles are unpacked by shifts, each byte read twice; the MMA takes mxfp4 packed.
    B_PACK: tl.constexpr = 2 if B == "mxfp4" else 1
    A_STEP: tl.constexpr = BLOCK_SIZE_K // A_PACK
    B_STEP: tl.constexpr = BLOCK_SIZE_K // 2 if B == "int4" else BLOCK_SIZE_K // B_PACK
    a_ks = tl.arange(0, BLOCK_SIZE_K // A_PACK)
    b_ks = tl.arange(0, BLOCK_SIZE_K // B_PACK)
    a_ptrs = a_ptr + rows[:, None] * stride_am + a_ks[None, :]
    b_bytes = b_ks // 2 if B == "int4" else b_ks
    b_ptrs = b_ptr + expert * stride_be + wrapped[None, :] * stride_bn + b_bytes[:, None]
    a_scale_ptrs = a_scale_ptr + rows * stride_asm
    b_scale_ptrs = b_scale_ptr + expert * stride_bse + wrapped // GROUP_N * stride_bsn
    b_zero_ptrs = b_zero_ptr + expert * stride_bse + wrapped * stride_bsn

    # Sums of int8 products are exact in 32 bits; scales within the sum make them floats.
    ACC: tl.constexpr = tl.int32 if A == "int8" and SCALING == "channel" else tl.float32
    if SWAP:
        acc = tl.zeros((BLOCK_SIZE_N, BLOCK_SIZE_M), dtype=ACC)
    else:
        acc = tl.zeros((BLOCK_SIZE_M, BLOCK_SIZE_N), dtype=ACC)
    for step in range(0, tl.cdiv(K, BLOCK_SIZE_K)):
        left = K - step * BLOCK_SIZE_K
        a = tl.load(a_ptrs, mask=valid[:, None] & (a_ks[None, :] < left // A_PACK), other=0.0)
        b = tl.load(b_ptrs, mask=b_ks[:, None] < left // B_PACK, other=0.0)
        first_k = step * BLOCK_SIZE_K
        if B == "int4":
            b = unpack(b, b_ks, first_k, K, b_scale_ptrs, b_zero_ptrs, BLOCK_SIZE_K, GROUP_K, ZEROS)
        acc = multiply(
            a, b, acc, a_scale_ptrs, b_scale_ptrs, valid, first_k, K, A, B, SCALING, GROUP_K, SWAP
        )
        a_ptrs += A_STEP
        b_ptrs += B_STEP

    if SWAP:
        acc = tl.trans(acc)
    acc = finish(
        acc, a_scale_ptrs, b_scale_ptrs, bias_ptr + expert * N + wrapped, route_weight_ptr + ids,
        valid, A, B, SCALING, BIAS, WEIGHTED,
    )  # fmt: skip
    tl.store(c_ptrs, acc.to(c_ptr.dtype.element_ty), mask=c_mask)
