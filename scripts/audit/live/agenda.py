"""What a live audit asks, process by process, the most valuable first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.audit.live.plan import Plan
from scripts.audit.probes import ORDER

Task = tuple[Any, ...]
# Two real pairs of tuners on the whole grid; a re-created one with two faults beside itself without
# them on the layer that is not divided.
PAIRS = (("published", "raced graphx"), ("sglang", "triton"))
RECREATED = ("careless", "mended")
# Choices of these are counted over all processes that count flips.
STEADY = tuple(name for pair in PAIRS for name in pair)
# In an environment of its own, see scripts.audit.live.flashinfer.
FLASHINFER = ("flashinfer", "raced flashinfer")
RACED = "raced published"  # another tuner with its near timings raced
PROBED = ("mended", "careless", "published", "triton", "sglang", "raced graphx", "committed")
# Flips are told by processes, not within one.
PROBES = tuple(name for name in ORDER if name != "coin_flips")
ROUNDS = 16
STANDS = 24  # rounds of the near tactics, in every process that counts flips
FLIP_TOKENS = (1, 16, 64)
PROBE_TOKENS = (1, 64, 1024, 8192)
MOST = 16_384


@dataclass(frozen=True)
class Process:
    """One fresh process. ``tasks``: key -> task, in their order."""

    name: str
    tasks: dict[str, Task] = field(hash=False)


def agenda(
    plan: Plan, repeats: int, restarts: int, steady: Sequence[str] = STEADY
) -> Iterator[Process]:
    """``repeats`` processes tune the whole grid, others the few cells on which flips of the
    ``steady`` tuners are counted, until these were tuned ``restarts`` times."""  # noqa: D205,D209
    yield _grid(plan, 1)
    yield _recreated(plan)
    for number in range(repeats + 1, restarts + 1):
        yield _flips(plan, number, steady)
    yield _probes(plan)
    # Last, so that a run that is cut off has all kinds, and every cell once.
    for number in range(2, repeats + 1):
        yield _grid(plan, number)


def _grid(plan: Plan, number: int) -> Process:
    tasks: dict[str, Task] = {}
    for ranks in plan.ranks:
        for tokens in plan.tokens:
            pairs, stands = list(PAIRS), 0
            if tokens in FLIP_TOKENS:
                pairs.append((PAIRS[0][0], RACED))
                stands = STANDS
            key = f"EP{ranks}/M{tokens}"
            tasks[key] = ("cell", ranks, tokens, pairs, ROUNDS, number == 1, stands)
    if number == 1:
        tasks["kernels"] = ("kernels",)
    return Process(f"grid-{number}", tasks)


def _flips(plan: Plan, number: int, steady: Sequence[str]) -> Process:
    pairs = [(name, name) for name in (*steady, RACED)]
    tasks: dict[str, Task] = {
        f"EP{ranks}/M{tokens}": ("cell", ranks, tokens, pairs, 0, False, STANDS)
        for ranks in plan.ranks
        for tokens in plan.tokens
        if tokens in FLIP_TOKENS
    }
    return Process(f"flips-{number}", tasks)


def by_flashinfer(plan: Plan, restarts: int) -> Iterator[Process]:
    """FlashInfer's tuner beside itself with its near timings raced, in so many fresh processes on
    the cells on which flips are counted; then the probes, the smaller problems only."""  # noqa: D205,D209
    pairs = [FLASHINFER]
    tasks: dict[str, Task] = {
        f"EP{ranks}/M{tokens}": ("cell", ranks, tokens, pairs, ROUNDS, False)
        for ranks in plan.ranks
        for tokens in plan.tokens
        if tokens in FLIP_TOKENS
    }
    probed = tuple(one for one in plan.tokens if one in PROBE_TOKENS[:-1])
    probe = ("probe", FLASHINFER[0], plan.ranks[0], probed, PROBES, PROBE_TOKENS[-1])
    for number in range(1, restarts + 1):
        yield Process(f"flashinfer-{number}", tasks)
        if number == 1:
            yield Process("flashinfer-probes", {FLASHINFER[0]: probe})


def _probes(plan: Plan) -> Process:
    tasks: dict[str, Task] = {}
    for name in PROBED:
        # The cap of the re-created tuner shows above it; others have theirs below.
        last = MOST if name in RECREATED else PROBE_TOKENS[-1]
        wanted = (*PROBE_TOKENS[:-1], last)
        tokens = tuple(one for one in plan.tokens if one in wanted)
        tasks[name] = ("probe", name, plan.ranks[0], tokens, PROBES, MOST)
    return Process("probes", tasks)


def _recreated(plan: Plan) -> Process:
    tasks: dict[str, Task] = {
        f"EP{plan.ranks[0]}/M{tokens}": ("cell", plan.ranks[0], tokens, [RECREATED], ROUNDS, False)
        for tokens in plan.tokens
    }
    return Process("recreated", tasks)
