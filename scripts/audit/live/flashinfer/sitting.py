"""One fresh process with FlashInfer's tuner in it: see ``scripts.audit.live.sitting``."""

from __future__ import annotations

from typing import Any

import torch

from scripts.audit.bench import Problem
from scripts.audit.live.agenda import FLASHINFER
from scripts.audit.live.flashinfer.bench import CuteBench, offered, raw, runner_of
from scripts.audit.live.flashinfer.tuner import FlashInfer
from scripts.audit.live.plan import Plan
from scripts.audit.live.sitting import Body, Sitting
from scripts.audit.tuner import Tuner
from scripts.audit.tuners.steadied import Steadied
from scripts.lib.shape import Shape


class CuteSitting(Sitting):
    """Asked as every sitting is; its tactics are FlashInfer's."""

    def __init__(self, plan: Plan, seed: int, backend: Any) -> None:
        super().__init__(plan, seed, backend)
        self._offered = {
            ranks: offered(plan.local(ranks), ranks, plan.tokens) for ranks in plan.ranks
        }

        def flashinfer(layer: Any) -> Tuner:
            ranks = plan.shape.experts // layer.shape.experts
            # One autotuner serves the process: what another tuner timed is forgotten.
            return FlashInfer(plan.device, ranks, self._offered[ranks]).fresh()

        def apart(problem: Problem) -> float:
            return plan.between(problem.ranks, problem.cell.tokens)

        self.makes = {
            FLASHINFER[0]: flashinfer,
            FLASHINFER[1]: lambda layer: Steadied(flashinfer(layer), apart=apart),
        }

    def do_ready(self) -> Body:
        """Compile every kernel of every tactic, by a run of a layer of few experts."""
        import scripts.audit.probes  # noqa: F401, PLC0415

        shape = self.plan.shape
        experts = shape.top_k
        small = Shape(experts, shape.intermediate, shape.hidden, shape.top_k, shape.scheme)
        device, runner = self.backend.device, runner_of(small, 1)
        x = torch.zeros(1, small.hidden, dtype=torch.bfloat16, device=device)
        up, down = (
            torch.zeros(experts, rows, columns, dtype=torch.bfloat16, device=device)
            for rows, columns in ((2 * small.intermediate, small.hidden),
                                  (small.hidden, small.intermediate))
        )  # fmt: skip
        expert = torch.arange(small.top_k, dtype=torch.int32, device=device)[None]
        weight = torch.ones(1, small.top_k, device=device)
        done = set[Any]()
        for tactic in self._offered[self.plan.ranks[0]]:
            kernels = {("up", tactic.tile, tactic.up), ("down", tactic.tile, tactic.down)}
            if kernels <= done:
                continue
            runner.forward([x, expert, weight, up, down, torch.empty_like(x)], tactic=raw(tactic))
            done |= kernels
        self.backend.synchronise()
        return {"kernels": len(done)}

    def open(self, ranks: int) -> CuteBench:
        """See ``Sitting``."""
        if not isinstance(self.bench, CuteBench) or self.bench.ranks != ranks:
            self.bench = None
            self.backend.release()
            self.bench = CuteBench(
                self.plan.local(ranks), ranks, self._offered[ranks], self.backend, self.tally,
                self.seed,
            )  # fmt: skip
        return self.bench
