"""Kernels by name and by class, out of the events of torch's profiler."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def kernels_of(averages: Iterable[Any]) -> list[dict[str, Any]]:
    """Name, calls, total_us and mean_us on the GPU of each kernel, the longest first.

    ``averages``: what ``profiler.key_averages()`` gives; copies and fills are kernels too.
    """
    rows = [
        {
            "name": str(item.key),
            "calls": int(item.count),
            "total_us": round(float(item.self_device_time_total), 3),
            "mean_us": round(float(item.self_device_time_total) / item.count, 4),
        }
        for item in averages
        if item.self_device_time_total > 0
    ]
    return sorted(rows, key=lambda row: (-row["total_us"], row["name"]))


# By what their names hold, as vLLM 0.24 has them; the first that fits. A config steers the first
# two: the alignment is to its BLOCK_SIZE_M.
CLASSES = {
    "moe_gemm": ("fused_moe_kernel", "_matmul_ogs", "marlin_moe"),
    "moe_align": ("moe_align_block_size", "count_and_sort_expert_tokens"),
    "moe_sum": ("moe_sum", "moe_fused_mul_sum"),
    "attention": ("flash", "unified_attention", "mla", "reshape_and_cache"),
}
REST = "rest"


def class_of(name: str) -> str:
    """The class of a kernel."""
    lower = name.lower()
    return next(
        (kind for kind, signs in CLASSES.items() if any(sign in lower for sign in signs)), REST
    )


def by_class(kernels: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Summed total_us by class, and of ``all``."""
    found = dict.fromkeys([*CLASSES, REST, "all"], 0.0)
    for kernel in kernels:
        found[class_of(kernel["name"])] += kernel["total_us"]
        found["all"] += kernel["total_us"]
    return found


def busy_us(events: Iterable[Any]) -> float | None:
    """Time in which at least one kernel ran, us; kernels of two streams may overlap.

    ``events``: what ``profiler.events()`` gives. None if none of them was on a device.
    """
    spans = sorted(
        (float(event.time_range.start), float(event.time_range.end))
        for event in events
        if not str(event.device_type).endswith("CPU")
    )
    if not spans:
        return None
    total, (start, end) = 0.0, spans[0]
    for begins, ends in spans[1:]:
        if begins > end:
            total, start, end = total + end - start, begins, ends
        end = max(end, ends)
    return total + end - start
