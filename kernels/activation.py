"""SiLU-and-mul between the two GEMMs."""

import torch
import triton
import triton.language as tl


@triton.jit(do_not_specialize=["N"])
def _silu_and_mul_kernel(x_ptr, out_ptr, N, BLOCK: tl.constexpr):
    """out[r, :] = silu(x[r, :N]) * x[r, N:], in float32, one program per (row, block)."""
    row = tl.program_id(0).to(tl.int64)
    cols = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    mask = cols < N
    gate = tl.load(x_ptr + row * 2 * N + cols, mask=mask, other=0.0).to(tl.float32)
    up = tl.load(x_ptr + row * 2 * N + N + cols, mask=mask, other=0.0).to(tl.float32)
    out = gate / (1.0 + tl.exp(-gate)) * up
    tl.store(out_ptr + row * N + cols, out.to(out_ptr.dtype.element_ty), mask=mask)


def silu_and_mul(x: torch.Tensor) -> torch.Tensor:
    """[rows, 2N] contiguous -> [rows, N] of the same dtype; float32 inside."""
    rows, double = x.shape
    out = torch.empty(rows, double // 2, dtype=x.dtype, device=x.device)
    if rows:
        _silu_and_mul_kernel[(rows, triton.cdiv(double // 2, 1024))](
            x, out, double // 2, BLOCK=1024
        )
    return out
