"""The eager reference: the same layer in plain torch, in higher precision."""

from __future__ import annotations

import torch


def moe_gemm(
    a: torch.Tensor,
    b: torch.Tensor,
    expert_of: torch.Tensor,
    share: int,
    route_weight: torch.Tensor | None = None,
    dtype: torch.dtype = torch.float64,
) -> torch.Tensor:
    """C[i] = (w[i] *) A[i // share] @ B[expert(i)].T, rows of experts -1 are zero.

    ``a`` [rows, K], ``b`` [experts, N, K], ``expert_of`` int [assignments], ``route_weight``
    [assignments] or None. Returns [assignments, N] in ``dtype``.
    """
    flat = expert_of.reshape(-1).long()
    out = torch.zeros(flat.numel(), b.shape[1], dtype=dtype, device=a.device)
    for expert in flat.unique().tolist():
        if expert < 0:
            continue
        rows = (flat == expert).nonzero()[:, 0]
        out[rows] = a[rows // share].to(dtype) @ b[expert].to(dtype).T
    return out if route_weight is None else out * route_weight.reshape(-1, 1).to(dtype)


def silu_and_mul(x: torch.Tensor) -> torch.Tensor:
    """[rows, 2N] -> [rows, N]: SiLU of the first half times the second."""
    gate, up = x.chunk(2, dim=-1)
    return torch.nn.functional.silu(gate) * up


def moe_layer(
    x: torch.Tensor,
    w_gate_up: torch.Tensor,
    w_down: torch.Tensor,
    route_weight: torch.Tensor,
    expert_of: torch.Tensor,
    dtype: torch.dtype = torch.float64,
) -> torch.Tensor:
    """The whole layer.

    ``x`` [tokens, K], ``w_gate_up`` [experts, 2N, K], ``w_down`` [experts, K, N],
    ``route_weight`` and ``expert_of`` [tokens, top_k]; expert -1 adds nothing.
    Returns [tokens, K] in ``dtype``.
    """
    tokens, top_k = expert_of.shape
    hidden = silu_and_mul(moe_gemm(x, w_gate_up, expert_of, top_k, dtype=dtype))
    out = moe_gemm(hidden, w_down, expert_of, 1, route_weight, dtype=dtype)
    return out.reshape(tokens, top_k, -1).sum(1)
