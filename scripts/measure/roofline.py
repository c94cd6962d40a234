"""The least time that a cell's bytes and operations take on a GPU."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from scripts.lib.spec import Peaks, read_spec


@cache
def _peaks() -> Mapping[str, Peaks]:
    return read_spec().peaks


def roofline_us(device: str, scheme: str, moved: float, flops: float) -> float | None:
    """max(bytes / bandwidth, flops / rate) by the locked spec's measured peaks, us.

    ``moved`` in bytes. None for a device whose peaks scripts.measure.peaks has not measured.
    """
    peaks = _peaks().get(device)
    if peaks is None or scheme not in peaks.flops_s:
        return None
    return round(max(moved / peaks.bandwidth_bytes_s, flops / peaks.flops_s[scheme]) * 1e6, 6)
