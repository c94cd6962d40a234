"""The two-stage MoE layer on the fused GEMM: gate-up, SiLU-and-mul, down, weighted sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from kernels.activation import silu_and_mul
from kernels.alignment import Alignment, align
from kernels.formats import SCHEMES, Format, Matrix
from kernels.launch import Gemm, launch_jit
from kernels.quantise import quantise_activations

Launch = Callable[[Gemm, Alignment, Mapping[str, int]], None]


@dataclass(frozen=True)
class Layer:
    """Weights of one layer as stored in ``scheme`` (a key of SCHEMES).

    ``gate_up`` [local experts, 2N, K], ``down`` [local experts, K, N]; biases [local experts, 2N]
    and [local experts, K] or None.
    """

    scheme: str
    gate_up: Matrix
    down: Matrix
    gate_up_bias: torch.Tensor | None = None
    down_bias: torch.Tensor | None = None

    @property
    def form(self) -> Format:
        """Number formats."""
        return SCHEMES[self.scheme]


def moe_layer(
    x: torch.Tensor,
    layer: Layer,
    route_weight: torch.Tensor,
    expert_of: torch.Tensor,
    entry: Mapping[str, int],
    local_expert: torch.Tensor | None = None,
    launch: Launch = launch_jit,
    swap: bool = False,
) -> torch.Tensor:
    """One MoE layer with one config for both GEMMs, as the runtimes launch it.

    ``x`` [tokens, K] in 16 bits, quantised before each GEMM where the scheme says so.
    ``route_weight`` float32 and ``expert_of`` int, both [tokens, top_k], with expert ids over all
    ranks; ``local_expert`` [all experts] maps them to this rank or to -1. Returns [tokens, K].
    """
    tokens, top_k = expert_of.shape
    held = layer.gate_up.values.shape[0]
    experts = held if local_expert is None else local_expert.numel()
    alignment = align(expert_of, experts, entry["BLOCK_SIZE_M"], local_expert)

    def gemm(
        a: torch.Tensor,
        b: Matrix,
        bias: torch.Tensor | None,
        weight: torch.Tensor | None,
        share: int,
    ) -> torch.Tensor:
        out = torch.empty(tokens * top_k, b.values.shape[1], dtype=x.dtype, device=x.device)
        low = layer.form.quantised_activations
        stored = quantise_activations(a, layer.form) if low else Matrix(a)
        operands = Gemm(stored, b, out, weight, share, layer.scheme, bias, swap)
        launch(operands, alignment, entry)
        return out

    up = gemm(x, layer.gate_up, layer.gate_up_bias, None, top_k)
    weight = route_weight.reshape(-1)
    down = gemm(silu_and_mul(up), layer.down, layer.down_bias, weight, 1)
    return down.view(tokens, top_k, -1).sum(1, dtype=torch.float32).to(x.dtype)
