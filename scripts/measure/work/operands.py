"""Operands of a cell that all its candidates share: weight sets and routing draws."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from kernels.alignment import Alignment, align
from kernels.formats import SCHEMES, Format, Matrix
from kernels.quantise import quantise_weights
from scripts.lib.shape import Cell, Shape
from scripts.measure.backend.interface import Backend
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import draws_of, weight_sets_of
from scripts.measure.work.routing import Draw, draw


@dataclass(frozen=True)
class Weights:
    """One weight set: ``gate_up`` [E, 2N, K] and ``down`` [E, K, N]."""

    gate_up: Matrix
    down: Matrix


def most_weight_sets(weights: str) -> int:
    """Weight sets that the cells of one shape need: cold rotates them, warm stays with one."""
    return 1 if weights == "warm" else weight_sets_of(draws_of(1))


def make_weights(
    shape: Shape, sets: int, seed: int, device: str, fnuz: bool = False
) -> list[Weights]:
    """Random weights of unit gain, so that outputs are of order one in any shape."""
    generator = torch.Generator(device).manual_seed(seed)
    form = SCHEMES[shape.scheme]

    def matrix(rows: int, cols: int) -> Matrix:
        values = torch.empty(shape.experts, rows, cols, dtype=form.compute, device=device)
        values.normal_(0.0, cols**-0.5, generator=generator)
        return quantise_weights(values, form, fnuz)

    return [
        Weights(
            matrix(2 * shape.intermediate, shape.hidden), matrix(shape.hidden, shape.intermediate)
        )
        for _ in range(sets)
    ]


@dataclass
class Inputs:
    """What all scopes of one cell read.

    ``draws``: the last one is for checking, the others for timing. ``passes``: which draw each
    pass of a replay takes. ``alignments`` is filled per block size on first use.
    """

    cell: Cell
    weights: list[Weights]
    draws: list[Draw]
    passes: tuple[int, ...]
    device: str
    fnuz: bool = False
    alignments: dict[tuple[int, int], Alignment] = field(default_factory=dict)

    @property
    def timed(self) -> list[Draw]:
        """Draws that are timed."""
        return self.draws[:-1]

    @property
    def checking(self) -> int:
        """Index of the draw for checking."""
        return len(self.draws) - 1

    @property
    def form(self) -> Format:
        """Number formats."""
        return SCHEMES[self.cell.shape.scheme]

    @property
    def rows(self) -> int:
        """Assignments: tokens times top_k."""
        return self.cell.tokens * self.cell.shape.top_k

    def weights_of(self, index: int) -> Weights:
        """The weight set that goes with draw ``index``."""
        return self.weights[index % len(self.weights)]

    def alignment(self, index: int, block: int) -> Alignment:
        """Rows of draw ``index`` for a block size."""
        key = (index, block)
        if key not in self.alignments:
            expert_of = self.draws[index].expert_of
            self.alignments[key] = align(expert_of, self.cell.shape.experts, block)
        return self.alignments[key]


def make_inputs(
    cell: Cell, weights: list[Weights], conditions: Conditions, seed: int, backend: Backend
) -> Inputs:
    """Routing draws of a cell, the same for the same seed on any device, with their weights.

    Cold: every pass of a replay takes another draw and, in turn, another weight set. Warm: as many
    passes, all over the first draw and set, so that they read what the cache kept.
    """
    shape, passes = cell.shape, backend.draws(cell.tokens)
    draws = 1 if conditions.weights == "warm" else passes
    found = [
        draw(
            cell.tokens, shape.experts, shape.top_k, conditions.profile,
            seed + 1000 * cell.tokens + index,
        )
        for index in range(draws + 1)
    ]  # fmt: skip
    moved = [Draw(d.expert_of.to(backend.device), d.weight.to(backend.device)) for d in found]
    order = tuple(index % draws for index in range(passes))
    sets = weights[: weight_sets_of(draws)]
    return Inputs(cell, sets, moved, order, backend.device, backend.fnuz)
