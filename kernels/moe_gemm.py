"""The fused-MoE GEMM: rows gathered by expert, one expert's weights per block of rows.

A launch is described by a config in the public key names (BLOCK_SIZE_M, …); it means here what
it means to the runtimes that read such files: same tiles, same program order, same pipelining,
and the same width of address arithmetic. (Column indices wrap in 64 bits there, so they do here:
32 bits would be faster, for small tiles most, and configs would rank differently.)

Integers that change with the batch are run-time values that Triton must not specialise, so that
one binary serves every batch and routing. ``top_k`` and ``GROUP_SIZE_M`` are compiled in, as
upstream has them; what each would cost at run time is measured by scripts.measure.specialisation
and stands in results/RESULTS.md.
"""

import triton
import triton.language as tl

# Run-time integers kept out of the binary's identity. N, K and the strides are not among them:
# their divisibility by 16 decides whether loads are 16 bytes wide.
UNSPECIALISED = ["padded_bound", "num_valid", "top_k", "GROUP_SIZE_M"]


@triton.jit(do_not_specialize=UNSPECIALISED)
def moe_gemm_kernel(
    a_ptr,  # [rows, K] activations, row-major
    b_ptr,  # [experts, N, K] weights, K contiguous
    c_ptr,  # [num_valid, N] output, row-major
    route_weight_ptr,  # [num_valid] float32 routing weights, read if WEIGHTED
    sorted_ids_ptr,  # [padded] assignment ids sorted by expert, num_valid where padded
    expert_ids_ptr,  # [padded / BLOCK_SIZE_M] expert of each block of rows, -1 if not local
    num_padded_ptr,  # [1] rows really used, padding included
    N,
    K,
    padded_bound,  # host's bound on num_padded: fixes the grid and the program order
    num_valid,  # assignments, tokens * top_k
    stride_am,
    stride_be,
    stride_bn,
    stride_cm,
    top_k,  # assignments that share one row of A
    GROUP_SIZE_M,
    BLOCK_SIZE_M: tl.constexpr,
    BLOCK_SIZE_N: tl.constexpr,
    BLOCK_SIZE_K: tl.constexpr,
    WEIGHTED: tl.constexpr,
):
    """C[i, :] = (w[i] *) A[i // top_k, :] @ B[expert(i)].T for every assignment i."""
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

    ks = tl.arange(0, BLOCK_SIZE_K)
    a_ptrs = a_ptr + (ids[:, None] // top_k) * stride_am + ks[None, :]
    # Columns past N wrap round to valid ones: cheaper than a mask, and never stored.
    b_ptrs = b_ptr + expert * stride_be + (cols % N)[None, :] * stride_bn + ks[:, None]
    acc = tl.zeros((BLOCK_SIZE_M, BLOCK_SIZE_N), dtype=tl.float32)
    for step in range(0, tl.cdiv(K, BLOCK_SIZE_K)):
        left = K - step * BLOCK_SIZE_K
        a = tl.load(a_ptrs, mask=valid[:, None] & (ks[None, :] < left), other=0.0)
        b = tl.load(b_ptrs, mask=ks[:, None] < left, other=0.0)
        acc = tl.dot(a, b, acc)
        a_ptrs += BLOCK_SIZE_K
        b_ptrs += BLOCK_SIZE_K

    if WEIGHTED:
        acc *= tl.load(route_weight_ptr + ids, mask=valid, other=0.0)[:, None]
    tl.store(c_ptrs, acc.to(c_ptr.dtype.element_ty), mask=c_mask)
