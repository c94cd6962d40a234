"""Operands of a cell on the GPU: weight sets, activations, routing draws, references."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from kernels import reference
from kernels.alignment import Alignment, align
from kernels.formats import SCHEMES, Format, Matrix
from kernels.launch import Gemm
from kernels.quantise import dequantise, quantise_activations, quantise_weights
from kernels.variant import Variant, is_aligned
from scripts.lib.shape import Cell, Shape
from scripts.measure.protocol import draws_of, weight_sets_of
from scripts.measure.routing import Draw, draw


def variants(shape: Shape) -> tuple[Variant, Variant]:
    """The gate-up and the down GEMM of a layer."""
    form, n, k = SCHEMES[shape.scheme], shape.intermediate, shape.hidden
    return (
        Variant(shape.scheme, shape.top_k, False, is_aligned(form, 2 * n, k)),
        Variant(shape.scheme, 1, True, is_aligned(form, k, n)),
    )


@dataclass(frozen=True)
class Weights:
    """One weight set: ``gate_up`` [E, 2N, K] and ``down`` [E, K, N]."""

    gate_up: Matrix
    down: Matrix


def make_weights(shape: Shape, sets: int, seed: int, device: str) -> list[Weights]:
    """Random weights of unit gain, so that outputs are of order one in any shape."""
    generator = torch.Generator(device).manual_seed(seed)
    form = SCHEMES[shape.scheme]

    def matrix(rows: int, cols: int) -> Matrix:
        values = torch.empty(shape.experts, rows, cols, dtype=form.compute, device=device)
        return quantise_weights(values.normal_(0.0, cols**-0.5, generator=generator), form)

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
    x: Matrix  # [tokens, K]
    hidden: Matrix  # [tokens * top_k, N], input of the down GEMM
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
        scheme = self.cell.shape.scheme
        return (
            Gemm(self.x, weights.gate_up, self.up, None, self.cell.shape.top_k, scheme),
            Gemm(self.hidden, weights.down, self.down, route_weight, 1, scheme),
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
    shape, form = cell.shape, SCHEMES[cell.shape.scheme]
    generator = torch.Generator(device).manual_seed(seed + cell.tokens)
    rows = cell.tokens * shape.top_k

    def random(*size: int) -> Matrix:
        values = torch.empty(size, dtype=form.compute, device=device)
        return quantise_activations(values.normal_(generator=generator), form)

    def empty(columns: int) -> torch.Tensor:
        return torch.empty(rows, columns, dtype=form.compute, device=device)

    draws = _routing(cell, profile, seed, device)
    sets = weights[: weight_sets_of(draws_of(cell.tokens))]
    x, hidden = random(cell.tokens, shape.hidden), random(rows, shape.intermediate)
    used = sets[(len(draws) - 1) % len(sets)]
    references = _references(shape, form, (x, hidden), used, draws[-1])
    up, down = empty(2 * shape.intermediate), empty(shape.hidden)
    return Operands(cell, sets, x, hidden, up, down, draws, references)


def _references(
    shape: Shape, form: Format, inputs: tuple[Matrix, Matrix], weights: Weights, check: Draw
) -> tuple[torch.Tensor, torch.Tensor]:
    """What both GEMMs make of the stored bytes, in float64, rounded to float32."""
    k, n = shape.hidden, shape.intermediate
    x, hidden = (
        dequantise(stored, form, "a", depth) for stored, depth in zip(inputs, (k, n), strict=True)
    )
    gate_up = reference.Dequantised(weights.gate_up, form, k)
    down = reference.Dequantised(weights.down, form, n)
    return (
        reference.moe_gemm(x, gate_up, check.expert_of, shape.top_k).float(),
        reference.moe_gemm(hidden, down, check.expert_of, 1, check.weight).float(),
    )


def _stored_bytes(matrix: Matrix) -> int:
    parts = (matrix.values, matrix.scale, matrix.zero)
    return sum(part.numel() * part.element_size() for part in parts if part is not None)


def traffic(operands: Operands) -> tuple[float, float]:
    """Fewest bytes (mean over the timed draws) and flops of one pass of both GEMMs.

    Each touched expert's weights and scales once, each input once, each output once.
    """
    shape, tokens = operands.cell.shape, operands.cell.tokens
    touched = [d.expert_of.unique().numel() for d in operands.draws[: operands.timed]]
    one_set = operands.weights[0]
    per_expert = (_stored_bytes(one_set.gate_up) + _stored_bytes(one_set.down)) / shape.experts
    moved = sum(touched) / len(touched) * per_expert
    moved += _stored_bytes(operands.x) + _stored_bytes(operands.hidden)
    moved += sum(out.numel() * out.element_size() for out in (operands.up, operands.down))
    rows = tokens * shape.top_k
    return moved, 2.0 * rows * 3 * shape.intermediate * shape.hidden
