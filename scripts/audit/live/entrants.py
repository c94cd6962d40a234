"""The tuners that a live audit tries, each made for a layer and what a plan knows of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scripts.audit.bench import Cache, How, Problem
from scripts.audit.layers import Layer
from scripts.audit.live.plan import Plan
from scripts.audit.tuner import Tuner
from scripts.audit.tuners.apart import Apart
from scripts.audit.tuners.autotuned import Autotuned, Clock
from scripts.audit.tuners.committed import Committed
from scripts.audit.tuners.graphx import Graphx
from scripts.audit.tuners.published import Published
from scripts.audit.tuners.steadied import FIRST, Order, Steadied, by_expected
from scripts.audit.world import ARENA
from scripts.lib.shape import BATCH_LADDER, Cell
from scripts.transfer.kernel import Covariance
from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategies.s4_bayesian import Bayesian
from scripts.transfer.strategy import Strategy

WARM = How(cache=Cache.WARM)
# What the re-created tuners profile: powers of two; with the fault, no further than 8,192 tokens.
CAPPED = tuple(2**power for power in range(14))
WHOLE = (*CAPPED, 16_384)


def layer_of(plan: Plan, ranks: int) -> Layer:
    """A rank's layer as tuners know it: nothing is recorded of it."""
    none = np.empty((0, len(plan.configs)))
    return Layer(plan.device, plan.local(ranks), (), plan.configs, none)


def canonical(plan: Plan) -> Order:
    """The order of tactics on every cell: by what the plan expects of them."""

    def expected(problem: Problem) -> tuple[float, ...]:
        return plan.known[problem.cell.shape.experts].expected[problem.cell.tokens]

    return by_expected(expected)


def entrants(plan: Plan, clock: Clock | None = None) -> dict[str, Callable[[Layer], Tuner]]:
    """By name, in the order of the results. ``clock``: of Triton's autotuner; None is its own."""

    def published(layer: Layer) -> Tuner:
        return Published(layer, BATCH_LADDER, name="published", how=WARM)

    def graphx(layer: Layer) -> Tuner:
        known = plan.known[layer.shape.experts]
        covariance = Covariance(known.kernel, LegalSpace(plan.configs))

        def start(cell: Cell) -> Strategy:
            return Bayesian(covariance, np.array(known.expected[cell.tokens]))

        return Graphx(layer, BATCH_LADDER, name="graphx", start=start)

    def committed(layer: Layer) -> Tuner:
        configs = dict(plan.committed[layer.shape.experts])
        batches = tuple(configs) or BATCH_LADDER
        return Committed(layer, batches, name="committed", configs=configs)

    order = canonical(plan)

    def apart(problem: Problem) -> float:
        return plan.between(problem.ranks, problem.cell.tokens)

    def steadied(tuner: Tuner) -> Tuner:
        return Steadied(tuner, order, apart, FIRST)

    return {
        "published": published,
        "raced published": lambda layer: steadied(published(layer)),
        "graphx": graphx,
        "raced graphx": lambda layer: steadied(graphx(layer)),
        "committed": committed,
        "sglang": lambda layer: Apart(layer, BATCH_LADDER, name="sglang"),
        "triton": lambda layer: Autotuned(layer, (), name="triton", clock=clock),
        "careless": lambda layer: Published(layer, CAPPED, name="careless", how=How(arena=ARENA)),
        "mended": lambda layer: Published(layer, WHOLE, name="mended"),
    }
