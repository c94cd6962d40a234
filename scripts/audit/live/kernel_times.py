"""The sum of the kernels of a pass, apart from the whole: by the driver's own activity records.

What a whole pass takes longer than its kernels is time between kernels in the captured graph, not
the host's. Recording is on only here, after all that is timed, since it may slow what it watches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from scripts.measure.backend.interface import Replays

REPLAYS = 4  # of each graph; the first is left out
GEMM = "moe_gemm"


@dataclass(frozen=True)
class Times:
    """Of one pass, us: all kernels, the two GEMMs among them; how many kernels it has."""

    kernels_us: float
    gemm_us: float
    kernels: float


def kernel_times(graphs: Sequence[tuple[Replays, int]]) -> list[Times | None]:
    """One for each graph, given with the passes in it; None where the driver said nothing of it."""
    if not torch.cuda.is_available():
        return [None] * len(graphs)
    with torch.profiler.profile(activities=list(torch.profiler.supported_activities())) as profile:
        for graph, _ in graphs:
            for _ in range(REPLAYS):
                graph.enqueue()
        torch.cuda.synchronize()
    launches = by_launch(profile.profiler.kineto_results.events())
    if len(launches) != REPLAYS * len(graphs):
        return [None] * len(graphs)
    return [
        times(launches[REPLAYS * at + 1 : REPLAYS * (at + 1)], passes)
        for at, (_, passes) in enumerate(graphs)
    ]


def by_launch(events: Iterable[Any]) -> list[list[tuple[str, int]]]:
    """Name and nanoseconds of the kernels of each launch of a graph, in the order of the launches:
    a launch and what it ran share a correlation id."""  # noqa: D205,D209
    on_gpu: dict[int, list[tuple[str, int]]] = {}
    launches: list[tuple[int, int]] = []
    for event in events:
        if event.device_type() == torch.autograd.DeviceType.CPU:  # type: ignore[attr-defined]
            if "GraphLaunch" in event.name():
                launches.append((event.start_ns(), event.correlation_id()))
        else:
            found = on_gpu.setdefault(event.correlation_id(), [])
            found.append((event.name(), event.duration_ns()))
    return [on_gpu.get(name, []) for _, name in sorted(launches)]


def times(launches: Sequence[Sequence[tuple[str, int]]], passes: int) -> Times | None:
    """Medians over the launches of one graph; None if a launch has no kernel."""
    if not all(launches):
        return None
    whole = np.median([sum(ns for _, ns in one) for one in launches])
    gemms = np.median([sum(ns for name, ns in one if GEMM in name) for one in launches])
    count = float(np.median([len(one) for one in launches]))
    per_pass = 1e3 * passes
    return Times(float(whole / per_pass), float(gemms / per_pass), count / passes)
