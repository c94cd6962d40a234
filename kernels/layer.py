"""The two-stage MoE layer on the fused GEMM: gate-up, SiLU-and-mul, down, weighted sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from kernels.activation import silu_and_mul
from kernels.alignment import Alignment, align
from kernels.formats import SCHEMES, Format, Matrix
from kernels.launch import Gemm, launch_jit
from kernels.quantise_rows import quantise_rows

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

    def stored(self, x: torch.Tensor) -> Matrix:
        """Activations [rows, K] as a GEMM of this layer reads them; FP8 as its weights have it."""
        if not self.form.quantised_activations:
            return Matrix(x)
        return quantise_rows(x, self.form, self.gate_up.values.dtype is torch.float8_e4m3fnuz)


@dataclass(frozen=True)
class Buffers:
    """Where a layer writes: ``up`` [tokens * top_k, 2N], ``down`` [tokens * top_k, K], ``out``
    [tokens, K]."""  # noqa: D205,D209

    up: torch.Tensor
    down: torch.Tensor
    out: torch.Tensor


def make_buffers(x: torch.Tensor, layer: Layer, top_k: int) -> Buffers:
    """Unwritten buffers for ``x`` [tokens, K], of its dtype."""
    tokens, rows = x.shape[0], x.shape[0] * top_k

    def empty(count: int, weights: Matrix) -> torch.Tensor:
        return torch.empty(count, weights.values.shape[1], dtype=x.dtype, device=x.device)

    return Buffers(empty(rows, layer.gate_up), empty(rows, layer.down), empty(tokens, layer.down))


def moe_layer(
    x: torch.Tensor,
    layer: Layer,
    route_weight: torch.Tensor,
    expert_of: torch.Tensor,
    entry: Mapping[str, int],
    local_expert: torch.Tensor | None = None,
    launch: Launch = launch_jit,
    swap: bool = False,
    buffers: Buffers | None = None,
) -> torch.Tensor:
    """One MoE layer with one config for both GEMMs, as the runtimes launch it.

    ``x`` [tokens, K] in 16 bits, quantised before each GEMM where the scheme says so; numbers that
    are not finite give an undefined output there. ``route_weight`` float32 and ``expert_of`` int,
    both [tokens, top_k], with expert ids over all ranks; ``local_expert`` [all experts] maps them
    to this rank or to -1. ``buffers``: where to write, new ones if None. Never waits for the
    device, so a CUDA graph can hold it. Returns ``buffers.out``, [tokens, K].
    """
    tokens, top_k = expert_of.shape
    held = layer.gate_up.values.shape[0]
    experts = held if local_expert is None else local_expert.numel()
    alignment = align(expert_of, experts, entry["BLOCK_SIZE_M"], local_expert)
    into = buffers or make_buffers(x, layer, top_k)

    up = Gemm(
        layer.stored(x), layer.gate_up, into.up, None, top_k, layer.scheme, layer.gate_up_bias, swap
    )
    launch(up, alignment, entry)
    hidden, weight = layer.stored(silu_and_mul(into.up)), route_weight.reshape(-1)
    down = Gemm(hidden, layer.down, into.down, weight, 1, layer.scheme, layer.down_bias, swap)
    launch(down, alignment, entry)
    summed = into.down.view(tokens, top_k, -1).sum(1, dtype=torch.float32)
    return into.out.copy_(summed)
