"""The eager reference: the same layer in plain torch, in higher precision."""

from __future__ import annotations

from collections.abc import Callable

import torch

from kernels.formats import SCHEMES, Format, Matrix
from kernels.quantise import dequantise, quantise_activations

Rounding = Callable[[torch.Tensor], torch.Tensor]


class Dequantised:
    """Weights [experts, N, K] as the numbers that their stored bytes mean, an expert at a time."""

    def __init__(self, stored: Matrix, form: Format, depth: int) -> None:
        self.stored, self.form, self.depth = stored, form, depth
        self.shape = (*stored.values.shape[:2], depth)

    def __getitem__(self, expert: int) -> torch.Tensor:
        """[N, K] float64."""
        stored, one = self.stored, slice(expert, expert + 1)
        cut = Matrix(
            stored.values[one],
            None if stored.scale is None else stored.scale[one],
            None if stored.zero is None else stored.zero[one],
        )
        return dequantise(cut, self.form, "b", self.depth)[0]


Weights = torch.Tensor | Dequantised


def moe_gemm(
    a: torch.Tensor,
    b: Weights,
    expert_of: torch.Tensor,
    share: int,
    route_weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    dtype: torch.dtype = torch.float64,
) -> torch.Tensor:
    """C[i] = (w[i] *) (A[i // share] @ B[expert(i)].T (+ bias)), rows of experts -1 are zero.

    ``a`` [rows, K], ``b`` [experts, N, K], ``expert_of`` int [assignments], ``route_weight``
    [assignments] or None, ``bias`` [experts, N] or None. Returns [assignments, N] in ``dtype``.
    """
    flat = expert_of.reshape(-1).long()
    out = torch.zeros(flat.numel(), b.shape[1], dtype=dtype, device=a.device)
    for expert in flat.unique().tolist():
        if expert < 0:
            continue
        rows = (flat == expert).nonzero()[:, 0]
        out[rows] = a[rows // share].to(dtype) @ b[expert].to(dtype).T
        if bias is not None:
            out[rows] += bias[expert].to(dtype)
    return out if route_weight is None else out * route_weight.reshape(-1, 1).to(dtype)


def silu_and_mul(x: torch.Tensor) -> torch.Tensor:
    """[rows, 2N] -> [rows, N]: SiLU of the first half times the second."""
    gate, up = x.chunk(2, dim=-1)
    return torch.nn.functional.silu(gate) * up


def rounding_of(scheme: str, compute: torch.dtype, fnuz: bool = False) -> Rounding:
    """What a layer in ``scheme`` makes of activations before a GEMM: rounded, then stored.

    ``fnuz``: FP8 as gfx942 has it.
    """
    form = SCHEMES[scheme]

    def rounded(x: torch.Tensor) -> torch.Tensor:
        x = x.to(compute)
        if not form.quantised_activations:
            return x
        return dequantise(quantise_activations(x, form, fnuz), form, "a", x.shape[1])

    return rounded


def moe_layer(
    x: torch.Tensor,
    w_gate_up: Weights,
    w_down: Weights,
    route_weight: torch.Tensor,
    expert_of: torch.Tensor,
    biases: tuple[torch.Tensor | None, torch.Tensor | None] = (None, None),
    rounding: Rounding | None = None,
    dtype: torch.dtype = torch.float64,
) -> torch.Tensor:
    """The whole layer.

    ``x`` [tokens, K], ``w_gate_up`` [experts, 2N, K], ``w_down`` [experts, K, N],
    ``route_weight`` and ``expert_of`` [tokens, top_k]; expert -1 adds nothing. ``rounding``:
    what becomes of the activations before each GEMM. Returns [tokens, K] in ``dtype``.
    """
    tokens, top_k = expert_of.shape
    rounded = rounding or (lambda values: values)
    up = moe_gemm(rounded(x), w_gate_up, expert_of, top_k, None, biases[0], dtype)
    hidden = rounded(silu_and_mul(up))
    out = moe_gemm(hidden, w_down, expert_of, 1, route_weight, biases[1], dtype)
    return out.reshape(tokens, top_k, -1).sum(1)
