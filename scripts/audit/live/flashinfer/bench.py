"""FlashInfer's tactics timed as every tactic is: see ``scripts.audit.live.bench``.

A pass is the sort, both GEMMs with what is fused into them, and the clearing of the output; see
``stand_ins`` for what is not FlashInfer's own. Weights are those of every bench, its rows
interleaved as FlashInfer wants them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

from scripts.audit.bench import Cute, How, NotKnown, Problem, Scope
from scripts.audit.live.bench import LiveBench
from scripts.audit.live.rank_layer import RankLayer, offset_of
from scripts.audit.live.tally import Tally
from scripts.lib.shape import Shape
from scripts.measure.backend.interface import Backend


def raw(tactic: Cute) -> tuple[Any, ...]:
    """As FlashInfer writes it."""
    (up, swizzle), (down, cluster, rows_first) = tactic.up, tactic.down
    tile = tactic.tile
    return tile, ((tile, up), swizzle), ((tile, down), (1, cluster), rows_first)


def parsed(tactic: Any) -> Cute:
    """Of FlashInfer's tuple; -1 and None are its default."""
    if tactic in (None, -1):
        from flashinfer.fused_moe.cute_dsl.sm90_tuner import (  # noqa: PLC0415 - its environment
            DEFAULT_SM90_MOE_TACTIC as DEFAULT,
        )

        return parsed(DEFAULT)
    tile, ((_, up), swizzle), ((_, down), (_, cluster), rows_first) = tactic
    return Cute(tile, (up, swizzle), (down, cluster, bool(rows_first)))


def runner_of(shape: Shape, ranks: int) -> Any:
    """FlashInfer's own runner of a rank's layer, the object that its tuner tunes."""
    from flashinfer.autotuner import autotuner  # noqa: PLC0415
    from flashinfer.fused_moe.cute_dsl import sm90_fused_moe, sm90_tuner  # noqa: PLC0415

    from scripts.audit.live.flashinfer.stand_ins import put_in_place  # noqa: PLC0415

    put_in_place(sm90_fused_moe, autotuner)
    return sm90_tuner.CuteDslFusedMoESm90Runner(
        sm90_fused_moe._moe_core_impl, shape.experts * ranks, shape.top_k, shape.experts,
        offset_of(ranks, shape.experts),
    )  # fmt: skip


def offered(shape: Shape, ranks: int, tokens: Iterable[int]) -> list[Cute]:
    """All that FlashInfer would try at any of these numbers of tokens, ascending."""
    runner, found = runner_of(shape, ranks), set[Cute]()
    up, down = (
        torch.empty(size, dtype=torch.bfloat16, device="meta")
        for size in (
            (shape.experts, 2 * shape.intermediate, shape.hidden),
            (shape.experts, shape.hidden, shape.intermediate),
        )
    )
    for count in tokens:
        x = torch.empty(count, shape.hidden, dtype=torch.bfloat16, device="meta")
        found |= set(map(parsed, runner.get_valid_tactics([x, None, None, up, down, x], None)))
    return sorted(found)


class CuteBench(LiveBench):
    """``tactics``: as ``offered``."""

    def __init__(
        self,
        shape: Shape,
        ranks: int,
        tactics: Iterable[Cute],
        backend: Backend,
        tally: Tally,
        seed: int,
    ) -> None:
        from flashinfer.fused_moe.cute_dsl import (  # noqa: PLC0415 - its environment
            sm90_contiguous_gather_grouped_gemm_act_fusion as gather,
        )

        super().__init__(shape, ranks, (), backend, tally, seed)
        self._tactics = list(tactics)
        self.runner = runner_of(shape, ranks)
        self._pairs = [
            (gather.interleave_up_gate_sm90(one.gate_up.values), one.down.values)
            for one in self._weights
        ]

    def inputs(self, layer: RankLayer, index: int) -> list[torch.Tensor]:
        """Of a draw, in the order of FlashInfer's runner."""
        draw = layer.draws[index]
        up, down = self._pairs[index % len(self._pairs)]
        return [
            layer.x, draw.expert_of.int().contiguous(), draw.weight.float().contiguous(), up, down,
            layer.buffers.out,
        ]  # fmt: skip

    def _pass(self, layer: RankLayer, place: int, how: How) -> Callable[[int], None]:
        if how.scope is not Scope.WHOLE or how.arena is not None:
            raise NotKnown("FlashInfer's layer is timed whole, with buffers of its own")
        tactic = self._tactics[place]
        assert isinstance(tactic, Cute)
        inputs = {index: self.inputs(layer, index) for index in range(len(layer.draws))}
        columns = self.shape.intermediate
        shapes = (("a", (layer.tokens, self.shape.hidden)), ("tile", (tactic.tile, tactic.up[0])))
        second = (("a", (layer.tokens * self.shape.top_k, columns)),
                  ("tile", (tactic.tile, tactic.down[0])))  # fmt: skip

        def run(index: int) -> None:
            self.tally.noted("gate_up", shapes)
            self.tally.noted("down", second)
            self.runner.forward(inputs[index], tactic=raw(tactic))

        return run

    def pair(self, up: int, down: int) -> int:
        """See ``Bench``."""
        raise NotKnown("a tactic of FlashInfer holds both GEMMs")

    def call(self, problem: Problem, place: int, how: How = How()) -> Callable[[], None]:  # noqa: B008
        """See ``Bench``; on the first draw."""
        layer = self.layer(problem)
        run = self._pass(layer, place, how)
        return lambda: run(0)

    def overrun(self, problem: Problem, place: int, rows: int) -> bool:
        """See ``Bench``."""
        raise NotKnown("FlashInfer allocates its buffers within a pass")
