"""What the harness asks of a GPU, whoever made it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class GpuState:
    """One reading; None where this machine has no such sensor.

    Clocks in MHz, ``temperature_c`` in degrees C, ``power_w`` in watts of the whole board or
    socket, ``utilisation`` in per cent of the last moments. ``throttled``: names of the slowdown
    reasons that void a measurement (a power cap that holds the boost clock down is not one).
    ``events``: the driver's own words for all reasons, voiding or not. ``processes``: how many
    compute on this GPU. ``ecc_errors``: uncorrectable ones since the driver was loaded.
    """

    sm_clock_mhz: int | None
    memory_clock_mhz: int | None
    temperature_c: int | None
    power_w: float | None
    utilisation: int | None
    throttled: tuple[str, ...]
    events: int | None
    processes: int
    ecc_errors: int | None


@dataclass(frozen=True)
class Process:
    """A process that computes on a GPU."""

    pid: int
    name: str


class Gpu(Protocol):
    """One GPU: the same readings for every vendor."""

    index: int

    def identity(self) -> dict[str, Any]:
        """``index``, ``vendor``, ``device`` (as config files spell it), ``name``, ``uuid``,
        ``driver``, ``power_limit_w``, ``max_sm_clock_mhz``, ``max_memory_clock_mhz``; numbers
        that the machine does not tell are None."""  # noqa: D205,D209
        ...

    def state(self) -> GpuState:
        """Read everything now."""
        ...

    def processes(self) -> list[Process]:
        """Who computes on this GPU, this process left out."""
        ...


def others(pids: list[int]) -> list[Process]:
    """The processes by id, without this one; the name is '?' where it may not be read."""
    return [Process(pid, _name(pid)) for pid in pids if pid != os.getpid()]


def _name(pid: int) -> str:
    # In a container the driver's process ids may be those of the host, which /proc does not show.
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return "?"
