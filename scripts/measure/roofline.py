"""The least time that a cell's bytes and operations take on a GPU."""

from __future__ import annotations

from scripts.measure.protocol import BANDWIDTH_BYTES_S, FLOPS_S


def roofline_us(device: str, scheme: str, moved: float, flops: float) -> float | None:
    """max(bytes / bandwidth, flops / rate) by this project's measured peaks, us.

    ``moved`` in bytes. None for a device whose peaks scripts.measure.peaks has not measured.
    """
    bandwidth, rate = BANDWIDTH_BYTES_S.get(device), FLOPS_S.get(device, {}).get(scheme)
    if bandwidth is None or rate is None:
        return None
    return round(max(moved / bandwidth, flops / rate) * 1e6, 6)
