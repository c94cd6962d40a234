"""The two-stage MoE layer on the fused GEMM: gate-up, SiLU-and-mul, down, weighted sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from kernels.activation import silu_and_mul
from kernels.alignment import Alignment, align
from kernels.launch import Gemm, launch_jit

Launch = Callable[[Gemm, Alignment, Mapping[str, int]], None]


def moe_layer(
    x: torch.Tensor,
    w_gate_up: torch.Tensor,
    w_down: torch.Tensor,
    route_weight: torch.Tensor,
    expert_of: torch.Tensor,
    entry: Mapping[str, int],
    local_expert: torch.Tensor | None = None,
    launch: Launch = launch_jit,
) -> torch.Tensor:
    """One MoE layer with one config for both GEMMs, as the runtimes launch it.

    ``x`` [tokens, K], ``w_gate_up`` [local experts, 2N, K], ``w_down`` [local experts, K, N],
    ``route_weight`` float32 and ``expert_of`` int, both [tokens, top_k], with expert ids over all
    ranks; ``local_expert`` [all experts] maps them to this rank or to -1. Returns [tokens, K].
    """
    tokens, top_k = expert_of.shape
    experts = w_gate_up.shape[0] if local_expert is None else local_expert.numel()
    alignment = align(expert_of, experts, entry["BLOCK_SIZE_M"], local_expert)
    assignments = tokens * top_k
    up = torch.empty(assignments, w_gate_up.shape[1], dtype=x.dtype, device=x.device)
    launch(Gemm(x, w_gate_up, up, None, top_k), alignment, entry)
    down = torch.empty(assignments, w_down.shape[1], dtype=x.dtype, device=x.device)
    hidden = silu_and_mul(up)
    launch(Gemm(hidden, w_down, down, route_weight.reshape(-1), 1), alignment, entry)
    return down.view(tokens, top_k, -1).sum(1, dtype=torch.float32).to(x.dtype)
