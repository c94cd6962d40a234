"""Operands of a cell on the GPU: weight sets, activations, routing draws, references."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from kernels import reference
from kernels.alignment import Alignment, align
from kernels.launch import Gemm, Variant
from scripts.lib.shape import Cell, Shape
from scripts.measure.protocol import draws_of, weight_sets_of
from scripts.measure.routing import Draw, draw

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def variants(scheme: str, top_k: int) -> tuple[Variant, Variant]:
    """The gate-up and the down GEMM of a layer."""
    return Variant(DTYPES[scheme], top_k, False), Variant(DTYPES[scheme], 1, True)


@dataclass(frozen=True)
class Weights:
    """One weight set: ``gate_up`` [E, 2N, K] and ``down`` [E, K, N]."""

    gate_up: torch.Tensor
    down: torch.Tensor


def make_weights(shape: Shape, sets: int, seed: int, device: str) -> list[Weights]:
    """Random weights of unit gain, so that outputs are of order one in any shape."""
    generator = torch.Generator(device).manual_seed(seed)
    dtype = DTYPES[shape.scheme]

    def matrix(rows: int, cols: int) -> torch.Tensor:
        values = torch.empty(shape.experts, rows, cols, dtype=dtype, device=device)
        return values.normal_(0.0, cols**-0.5, generator=generator)

    return [
        Weights(
            matrix(2 * shape.intermediate, shape.hidden), matrix(shape.hidden, shape.intermediate)
        )
        for _ in range(sets)
    ]


@dataclass
class Operands:
    """Everything a candidate of one cell reads and writes.

    The last draw is for checking, the others for timing. ``alignments`` is filled per block size
    on first use and shared by all candidates.
    """

    cell: Cell
    weights: list[Weights]
    x: torch.Tensor  # [tokens, K]
    hidden: torch.Tensor  # [tokens * top_k, N], input of the down GEMM
    up: torch.Tensor  # [tokens * top_k, 2N]
    down: torch.Tensor  # [tokens * top_k, K]
    draws: list[Draw]
    references: tuple[torch.Tensor, torch.Tensor]  # float32 roundings of float64 results
    alignments: dict[tuple[int, int], Alignment] = field(default_factory=dict)

    @property
    def timed(self) -> int:
        """Draws that are timed."""
        return len(self.draws) - 1

    def alignment(self, index: int, block: int) -> Alignment:
        """Rows of draw ``index`` for a block size."""
        key = (index, block)
        if key not in self.alignments:
            expert_of = self.draws[index].expert_of
            self.alignments[key] = align(expert_of, self.cell.shape.experts, block)
        return self.alignments[key]

    def gemms(self, index: int) -> tuple[Gemm, Gemm]:
        """Gate-up and down GEMM of draw ``index`` with the weight set that goes with it."""
        weights = self.weights[index % len(self.weights)]
        route_weight = self.draws[index].weight.reshape(-1)
        return (
            Gemm(self.x, weights.gate_up, self.up, None, self.cell.shape.top_k),
            Gemm(self.hidden, weights.down, self.down, route_weight, 1),
        )


def _routing(cell: Cell, profile: str, seed: int, device: str) -> list[Draw]:
    shape = cell.shape
    draws = [
        draw(cell.tokens, shape.experts, shape.top_k, profile, seed + 1000 * cell.tokens + i)
        for i in range(draws_of(cell.tokens) + 1)
    ]
    return [Draw(d.expert_of.to(device), d.weight.to(device)) for d in draws]


def make_operands(
    cell: Cell, weights: list[Weights], profile: str, seed: int, device: str
) -> Operands:
    """Fresh random operands of a cell, the same for the same seed on the same kind of device."""
    shape, dtype = cell.shape, DTYPES[cell.shape.scheme]
    generator = torch.Generator(device).manual_seed(seed + cell.tokens)
    rows = cell.tokens * shape.top_k

    def random(*size: int) -> torch.Tensor:
        return torch.empty(size, dtype=dtype, device=device).normal_(generator=generator)

    draws = _routing(cell, profile, seed, device)
    sets = weights[: weight_sets_of(draws_of(cell.tokens))]
    x, hidden = random(cell.tokens, shape.hidden), random(rows, shape.intermediate)
    check = draws[-1]
    used = sets[(len(draws) - 1) % len(sets)]
    up = reference.moe_gemm(x, used.gate_up, check.expert_of, shape.top_k)
    down = reference.moe_gemm(hidden, used.down, check.expert_of, 1, check.weight)
    return Operands(
        cell, sets, x, hidden,
        torch.empty(rows, 2 * shape.intermediate, dtype=dtype, device=device),
        torch.empty(rows, shape.hidden, dtype=dtype, device=device),
        draws, (up.float(), down.float()),
    )  # fmt: skip


def traffic(operands: Operands) -> tuple[float, float]:
    """Fewest bytes (mean over the timed draws) and flops of one pass of both GEMMs.

    Each touched expert's weights once, each input row once, each output once.
    """
    shape, tokens = operands.cell.shape, operands.cell.tokens
    size = operands.x.element_size()
    touched = [d.expert_of.unique().numel() for d in operands.draws[: operands.timed]]
    per_expert = 3 * shape.intermediate * shape.hidden
    rows = tokens * shape.top_k
    values = (
        sum(touched) / len(touched) * per_expert
        + tokens * shape.hidden
        + rows * (2 * shape.intermediate + shape.intermediate + shape.hidden)
    )
    return values * size, 2.0 * rows * per_expert
