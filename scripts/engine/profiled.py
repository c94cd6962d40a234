"""Kernels by name, out of the events of torch's profiler."""

from __future__ import annotations

from collections.abc import Iterable
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
