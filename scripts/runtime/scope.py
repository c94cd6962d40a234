"""The scope ``op``: a layer as the runtime's own operator computes it, checked like all others."""

from __future__ import annotations

import torch

from kernels.layer import Launch
from scripts.measure.backend.interface import Entry, Loaded
from scripts.measure.work.operands import Inputs
from scripts.measure.work.scopes import WholeLayer
from scripts.runtime.op import Op, stored


class OpLayers(WholeLayer):
    """The inputs of ``WholeLayer``, and the operator's weight sets and output.

    The operator allocates what it writes, so that its outputs cannot be scrubbed; what it will be
    given is filled with NaN before the checked run instead, and a row left unwritten shows as one.
    """

    name = "op"

    def __init__(self, inputs: Inputs, seed: int, op: Op) -> None:
        form = inputs.form
        inputs.weights = [stored(weights, form) for weights in inputs.weights]
        super().__init__(inputs, seed)
        self._op = op
        self._layers = [op.layer(weights, form) for weights in inputs.weights]
        self.written = [self.buffers.out]

    def prepare(self, loaded: Loaded, entry: Entry) -> None:
        """Run once: what Triton compiles in line is loaded then, and draws change no binary."""
        self._output(entry, self.inputs.passes[0])

    def run(self, launch: Launch, entry: Entry, index: int) -> None:
        """The operator on draw ``index``; the checking draw's output is kept."""
        if index != self.inputs.checking:
            self._output(entry, index)
            return
        self._spoil()
        self.buffers.out.copy_(self._output(entry, index))

    def _output(self, entry: Entry, index: int) -> torch.Tensor:
        layer = self._layers[index % len(self._layers)]
        return self._op(self.x, layer, self.inputs.draws[index], entry)

    def _spoil(self) -> None:
        """Fill memory as large as the operator's own buffers with NaN and give it back: torch's
        allocator hands out again what was freed last."""  # noqa: D205,D209
        shape, rows = self.inputs.cell.shape, self.inputs.rows
        sizes = (
            rows * max(2 * shape.intermediate, shape.hidden),
            rows * shape.intermediate,
            self.x.numel(),
        )
        held = [torch.full((size,), torch.nan, dtype=self.x.dtype, device=self.x.device)
                for size in sizes]  # fmt: skip
        del held
