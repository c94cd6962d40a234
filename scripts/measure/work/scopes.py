"""What is timed of a layer: the gate-up GEMM, both GEMMs, or all of it; and how it is checked.

A scope owns the buffers that candidates write, runs one pass over a routing draw, and knows the
float64 results of the draw for checking and the least work of a pass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch

from kernels import reference
from kernels.formats import Matrix
from kernels.launch import Gemm
from kernels.layer import Buffers, Launch, Layer, moe_layer
from kernels.quantise import dequantise, quantise_activations
from scripts.lib.shape import Cell
from scripts.measure.backend.interface import Backend, Entry, Loaded
from scripts.measure.conditions import Conditions
from scripts.measure.work.operands import Inputs, Weights, make_inputs

Pairs = list[tuple[torch.Tensor, torch.Tensor]]


class Scope(ABC):
    """The operands of one cell and what one pass over them is.

    ``written``: all that a pass writes. ``expected``: outputs with their references, float32
    roundings of float64 results for the checking draw. ``launches_to_prepare``: whether ``prepare``
    runs the candidate.
    """

    name: str
    launches_to_prepare = False
    written: list[torch.Tensor]
    expected: Pairs

    def __init__(self, inputs: Inputs, seed: int) -> None:
        self.inputs = inputs
        # Numbers are drawn in one order, so that all scopes of a cell have the same inputs.
        self._generator = torch.Generator(inputs.device).manual_seed(seed + inputs.cell.tokens)

    @abstractmethod
    def run(self, launch: Launch, entry: Entry, index: int) -> None:
        """Queue one pass over draw ``index``."""

    @abstractmethod
    def prepare(self, loaded: Loaded, entry: Entry) -> None:
        """Do all that a capture of passes must not: allocate what lasts, load code."""

    @abstractmethod
    def traffic(self) -> tuple[float, float]:
        """Fewest bytes (mean over the timed draws) and flops of one pass.

        Each touched expert's weights and scales once, each input once, each output once.
        """

    def _normal(self, rows: int, columns: int) -> torch.Tensor:
        form, device = self.inputs.form, self.inputs.device
        values = torch.empty(rows, columns, dtype=form.compute, device=device)
        return values.normal_(generator=self._generator)

    def _stored(self, rows: int, columns: int) -> Matrix:
        return quantise_activations(self._normal(rows, columns), self.inputs.form, self.inputs.fnuz)

    def _empty(self, rows: int, columns: int) -> torch.Tensor:
        return torch.empty(rows, columns, dtype=self.inputs.form.compute, device=self.inputs.device)

    def _touched(self, parts: list[Matrix]) -> float:
        """Bytes of the experts that a timed draw touches, the mean over the draws."""
        timed = self.inputs.timed
        touched: int = sum(draw.expert_of.unique().numel() for draw in timed)
        per_expert = sum(map(_bytes_of, parts)) / self.inputs.cell.shape.experts
        return touched / len(timed) * per_expert


class GateUp(Scope):
    """The gate-up GEMM alone, on an alignment made before."""

    name = "kernel"

    def __init__(self, inputs: Inputs, seed: int) -> None:
        super().__init__(inputs, seed)
        shape = inputs.cell.shape
        self.x = self._stored(inputs.cell.tokens, shape.hidden)  # [tokens, K]
        self.up = self._empty(inputs.rows, 2 * shape.intermediate)  # [tokens * top_k, 2N]
        check, weights = inputs.draws[-1], inputs.weights_of(inputs.checking)
        x = dequantise(self.x, inputs.form, "a", shape.hidden)
        gate_up = reference.Dequantised(weights.gate_up, inputs.form, shape.hidden)
        result = reference.moe_gemm(x, gate_up, check.expert_of, shape.top_k).float()
        self.written, self.expected = [self.up], [(self.up, result)]

    def prepare(self, loaded: Loaded, entry: Entry) -> None:
        """Make the alignments that this block size needs."""
        for index in set(self.inputs.passes):
            self.inputs.alignment(index, entry["BLOCK_SIZE_M"])

    def run(self, launch: Launch, entry: Entry, index: int) -> None:
        """The gate-up GEMM."""
        shape, weights = self.inputs.cell.shape, self.inputs.weights_of(index)
        gemm = Gemm(self.x, weights.gate_up, self.up, None, shape.top_k, shape.scheme)
        launch(gemm, self.inputs.alignment(index, entry["BLOCK_SIZE_M"]), entry)

    def traffic(self) -> tuple[float, float]:
        """Of the gate-up GEMM."""
        shape = self.inputs.cell.shape
        moved = self._touched([self.inputs.weights[0].gate_up])
        moved += _bytes_of(self.x) + _bytes_of(Matrix(self.up))
        return moved, 2.0 * self.inputs.rows * 2 * shape.intermediate * shape.hidden


class TwoGemm(GateUp):
    """The gate-up and the down GEMM, each on random activations of its own."""

    name = "two_gemm"

    def __init__(self, inputs: Inputs, seed: int) -> None:
        super().__init__(inputs, seed)
        shape, form = inputs.cell.shape, inputs.form
        self.hidden = self._stored(inputs.rows, shape.intermediate)  # [tokens * top_k, N]
        self.down = self._empty(inputs.rows, shape.hidden)  # [tokens * top_k, K]
        check, weights = inputs.draws[-1], inputs.weights_of(inputs.checking)
        hidden = dequantise(self.hidden, form, "a", shape.intermediate)
        stored = reference.Dequantised(weights.down, form, shape.intermediate)
        result = reference.moe_gemm(hidden, stored, check.expert_of, 1, check.weight).float()
        self.written.append(self.down)
        self.expected.append((self.down, result))

    def run(self, launch: Launch, entry: Entry, index: int) -> None:
        """Both GEMMs."""
        super().run(launch, entry, index)
        weights, route_weight = self.inputs.weights_of(index), self.inputs.draws[index].weight
        scheme = self.inputs.cell.shape.scheme
        gemm = Gemm(self.hidden, weights.down, self.down, route_weight.reshape(-1), 1, scheme)
        launch(gemm, self.inputs.alignment(index, entry["BLOCK_SIZE_M"]), entry)

    def traffic(self) -> tuple[float, float]:
        """Of both GEMMs."""
        moved, flops = super().traffic()
        moved += self._touched([self.inputs.weights[0].down])
        return moved + _bytes_of(self.hidden) + _bytes_of(Matrix(self.down)), flops * 1.5


class WholeLayer(Scope):
    """All of a layer, from 16-bit activations to their weighted sum, alignment included."""

    name = "layer"
    launches_to_prepare = True

    def __init__(self, inputs: Inputs, seed: int) -> None:
        super().__init__(inputs, seed)
        shape, tokens = inputs.cell.shape, inputs.cell.tokens
        self.x = self._normal(tokens, shape.hidden)  # [tokens, K]
        self.buffers = Buffers(
            self._empty(inputs.rows, 2 * shape.intermediate),
            self._empty(inputs.rows, shape.hidden),
            self._empty(tokens, shape.hidden),
        )
        self.written = [self.buffers.up, self.buffers.down, self.buffers.out]
        self.expected = [(self.buffers.out, self._reference().float())]

    def _reference(self) -> torch.Tensor:
        inputs, shape = self.inputs, self.inputs.cell.shape
        check, weights = inputs.draws[-1], inputs.weights_of(inputs.checking)
        return reference.moe_layer(
            self.x,
            reference.Dequantised(weights.gate_up, inputs.form, shape.hidden),
            reference.Dequantised(weights.down, inputs.form, shape.intermediate),
            check.weight,
            check.expert_of,
            rounding=reference.rounding_of(shape.scheme, inputs.form.compute, inputs.fnuz),
        )

    def prepare(self, loaded: Loaded, entry: Entry) -> None:
        """Run once: what Triton compiles in line (quantisation, activation) is loaded then."""
        self.run(loaded.launch, entry, self.inputs.passes[0])

    def run(self, launch: Launch, entry: Entry, index: int) -> None:
        """The layer on draw ``index``."""
        draw, weights = self.inputs.draws[index], self.inputs.weights_of(index)
        layer = _layer_of(self.inputs, weights)
        moe_layer(
            self.x, layer, draw.weight, draw.expert_of, entry, launch=launch, buffers=self.buffers
        )

    def traffic(self) -> tuple[float, float]:
        """Of the layer; what passes between its kernels could stay in a cache, so it is left out.

        Flops are those of the GEMMs.
        """
        inputs, shape = self.inputs, self.inputs.cell.shape
        draw, one_set = inputs.draws[0], inputs.weights[0]
        read = [Matrix(part) for part in (self.x, draw.expert_of, draw.weight, self.buffers.out)]
        moved = self._touched([one_set.gate_up, one_set.down]) + sum(map(_bytes_of, read))
        return moved, 2.0 * inputs.rows * 3 * shape.intermediate * shape.hidden


def _layer_of(inputs: Inputs, weights: Weights) -> Layer:
    return Layer(inputs.cell.shape.scheme, weights.gate_up, weights.down)


def _bytes_of(matrix: Matrix) -> int:
    parts = (matrix.values, matrix.scale, matrix.zero)
    return sum(part.numel() * part.element_size() for part in parts if part is not None)


SCOPES: dict[str, type[Scope]] = {scope.name: scope for scope in (GateUp, TwoGemm, WholeLayer)}


def make_operands(
    cell: Cell, weights: list[Weights], conditions: Conditions, seed: int, backend: Backend
) -> Scope:
    """Fresh random operands of a cell, the same for the same seed on the same kind of device."""
    inputs = make_inputs(cell, weights, conditions, seed, backend)
    return SCOPES[conditions.scope](inputs, seed)
