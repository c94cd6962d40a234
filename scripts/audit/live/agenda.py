"""What a live audit asks, process by process, the most valuable first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from scripts.audit.live.plan import Plan
from scripts.audit.probes import ORDER

Task = tuple[Any, ...]
# Two real pairs of tuners on the whole grid; a re-created one with two faults beside itself without
# them on the layer that is not divided.
PAIRS = (("published", "raced graphx"), ("sglang", "triton"))
RECREATED = ("careless", "mended")
STEADY = ("published", "raced published", "raced graphx")
PROBED = ("published", "sglang", "triton", "raced graphx", "committed", "careless", "mended")
# Flips are told by processes, not within one.
PROBES = tuple(name for name in ORDER if name != "coin_flips")
ROUNDS = 24
FLIP_TOKENS = (1, 16, 64)
PROBE_TOKENS = (1, 64, 1024, 16_384)
MOST = 16_384


@dataclass(frozen=True)
class Process:
    """One fresh process. ``tasks``: key -> task, in their order."""

    name: str
    tasks: dict[str, Task] = field(hash=False)


def agenda(plan: Plan, repeats: int, restarts: int) -> Iterator[Process]:
    """``repeats`` processes tune the whole grid, others the few cells on which flips are counted,
    until these were tuned ``restarts`` times."""  # noqa: D205,D209
    yield _grid(plan, 1)
    yield _probes(plan)
    yield _recreated(plan)
    flips = [_flips(plan, number) for number in range(repeats + 1, restarts + 1)]
    more = [_grid(plan, number) for number in range(2, repeats + 1)]
    # By turns, so that a run that is cut off has some of both.
    share = -(-len(flips) // max(1, len(more) + 1))
    yield from flips[:share]
    for number, one in enumerate(more, start=1):
        yield one
        yield from flips[number * share : (number + 1) * share]


def _grid(plan: Plan, number: int) -> Process:
    tasks: dict[str, Task] = {}
    for ranks in plan.ranks:
        for tokens in plan.tokens:
            pairs = list(PAIRS)
            if tokens in FLIP_TOKENS:
                pairs.append(("published", "raced published"))
            key = f"EP{ranks}/M{tokens}"
            tasks[key] = ("cell", ranks, tokens, pairs, ROUNDS, number == 1)
    if number == 1:
        tasks["kernels"] = ("kernels",)
    return Process(f"grid-{number}", tasks)


def _flips(plan: Plan, number: int) -> Process:
    pairs = [(STEADY[0], name) for name in STEADY[1:]]
    tasks: dict[str, Task] = {
        f"EP{ranks}/M{tokens}": ("cell", ranks, tokens, pairs, 0, False)
        for ranks in plan.ranks
        for tokens in plan.tokens
        if tokens in FLIP_TOKENS
    }
    return Process(f"flips-{number}", tasks)


def _probes(plan: Plan) -> Process:
    tokens = tuple(one for one in plan.tokens if one in PROBE_TOKENS)
    tasks: dict[str, Task] = {
        name: ("probe", name, plan.ranks[0], tokens, PROBES, MOST) for name in PROBED
    }
    return Process("probes", tasks)


def _recreated(plan: Plan) -> Process:
    tasks: dict[str, Task] = {
        f"EP{plan.ranks[0]}/M{tokens}": ("cell", plan.ranks[0], tokens, [RECREATED], ROUNDS, False)
        for tokens in plan.tokens
    }
    return Process("recreated", tasks)
