"""One rank's share of a MoE layer on a GPU: its operands, and what one pass over them is.

Under expert parallelism a rank holds E / EP experts from an offset on. Tokens are routed over all
E, and the assignments of experts held elsewhere are dropped: their blocks write zeros and end, as
they do in the runtimes. A pass is both GEMMs, the activation between them and the weighted sum, on
an alignment made before, as a model makes it once for its router's choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch

from kernels import reference
from kernels.activation import silu_and_mul
from kernels.alignment import Alignment, align
from kernels.launch import Gemm
from kernels.layer import Buffers, Layer, make_buffers
from scripts.audit.bench import Scope
from scripts.lib.shape import Shape
from scripts.measure.backend.interface import Backend
from scripts.measure.work.operands import Weights
from scripts.measure.work.routing import Draw, draw

MOST_DRAWS = 4  # of a replay, each over a weight set of its own: none reads what L2 kept
CHECKED = 16  # tokens whose output is held against the reference
Launch = Callable[[Gemm, Alignment], None]


def offset_of(ranks: int, experts: int) -> int:
    """The first expert of the rank that is timed, the one in the middle."""
    return ranks // 2 * experts


@dataclass
class RankLayer:
    """``shape``: of the rank, its experts only. ``weights``: sets that the draws rotate through."""

    shape: Shape
    ranks: int
    tokens: int
    profile: str
    weights: list[Weights]
    backend: Backend
    seed: int

    def __post_init__(self) -> None:
        shape, device = self.shape, self.backend.device
        self._experts = shape.experts * self.ranks
        count = min(self.backend.draws(self.tokens), MOST_DRAWS)
        found = (
            draw(
                self.tokens, self._experts, shape.top_k, self.profile,
                self.seed + 1000 * self.tokens + index,
            )
            for index in range(count + 1)
        )  # fmt: skip
        self.draws = [Draw(one.expert_of.to(device), one.weight.to(device)) for one in found]
        self.passes = tuple(range(count))
        self._local = self._local_expert()
        generator = torch.Generator(device).manual_seed(self.seed + self.tokens)
        rows = self.tokens * shape.top_k
        self.x = self._normal(self.tokens, shape.hidden, generator)
        self._layers = [Layer(shape.scheme, w.gate_up, w.down) for w in self.weights]
        self._hidden = self._layers[0].stored(self._normal(rows, shape.intermediate, generator))
        self._stored = self._layers[0].stored(self.x)
        self.buffers = make_buffers(self.x, self._layers[0], shape.top_k)
        self._alignments: dict[tuple[int, int], Alignment] = {}

    def _local_expert(self) -> torch.Tensor | None:
        if self.ranks == 1:
            return None
        held = torch.full((self._experts,), -1, dtype=torch.int32, device=self.backend.device)
        first = offset_of(self.ranks, self.shape.experts)
        held[first : first + self.shape.experts] = torch.arange(
            self.shape.experts, dtype=torch.int32, device=self.backend.device
        )
        return held

    def _normal(self, rows: int, columns: int, generator: torch.Generator) -> torch.Tensor:
        dtype = Layer(self.shape.scheme, self.weights[0].gate_up, self.weights[0].down).form.compute
        values = torch.empty(rows, columns, dtype=dtype, device=self.backend.device)
        return values.normal_(generator=generator)

    @property
    def checking(self) -> int:
        """The draw that is checked and not timed."""
        return len(self.draws) - 1

    def alignment(self, index: int, block: int) -> Alignment:
        """Of a draw for a tile height, made once."""
        key = index, block
        if key not in self._alignments:
            self._alignments[key] = self._align(index, block)
        return self._alignments[key]

    def _align(self, index: int, block: int) -> Alignment:
        return align(self.draws[index].expert_of, self._experts, block, self._local)

    def run(
        self,
        index: int,
        launch: Launch,
        block: int,
        scope: Scope = Scope.WHOLE,
        *,
        anew: bool = False,
        into: Buffers | None = None,
    ) -> None:
        """Queue one pass over a draw. ``anew``: sort and allocate within it, as a tuner makes every
        tile pay for which it prepared nothing."""  # noqa: D205,D209
        layer = self._layers[index % len(self._layers)]
        alignment = self._align(index, block) if anew else self.alignment(index, block)
        if into is None:
            into = make_buffers(self.x, layer, self.shape.top_k) if anew else self.buffers
        whole = scope is Scope.WHOLE
        if scope is not Scope.DOWN:
            a = layer.stored(self.x) if whole else self._stored
            launch(
                Gemm(a, layer.gate_up, into.up, None, self.shape.top_k, self.shape.scheme),
                alignment,
            )
        if scope is not Scope.UP:
            a = layer.stored(silu_and_mul(into.up)) if whole else self._hidden
            weight = self.draws[index].weight.reshape(-1)
            launch(Gemm(a, layer.down, into.down, weight, 1, self.shape.scheme), alignment)
        if whole:
            summed = into.down.view(self.tokens, self.shape.top_k, -1).sum(1, dtype=torch.float32)
            into.out.copy_(summed)

    @cached_property
    def expected(self) -> torch.Tensor:
        """The output of the first ``CHECKED`` tokens of the checking draw, float64 inside."""
        draw_, weights = self.draws[self.checking], self.weights[self.checking % len(self.weights)]
        layer = Layer(self.shape.scheme, weights.gate_up, weights.down)
        form, few = layer.form, slice(0, CHECKED)
        expert_of = draw_.expert_of[few].long()
        if self._local is not None:
            expert_of = self._local.long()[expert_of]
        fnuz = self.backend.fnuz
        return reference.moe_layer(
            self.x[few],
            reference.Dequantised(weights.gate_up, form, self.shape.hidden),
            reference.Dequantised(weights.down, form, self.shape.intermediate),
            draw_.weight[few],
            expert_of,
            rounding=reference.rounding_of(self.shape.scheme, form.compute, fnuz),
        ).float()


def shapes_of(gemm: Gemm, entry: Mapping[str, int]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """What a launch reads and writes, and its tile: shapes only, so that nothing is waited for."""
    return (
        ("a", tuple(gemm.a.values.shape)),
        ("b", tuple(gemm.b.values.shape)),
        ("c", tuple(gemm.c.shape)),
        ("tile", (entry["BLOCK_SIZE_M"], entry["BLOCK_SIZE_N"], entry["BLOCK_SIZE_K"])),
    )
