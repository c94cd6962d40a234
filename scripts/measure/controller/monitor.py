"""Read a GPU's state while a cell is measured: before, every half second, and after."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Iterable
from dataclasses import asdict
from types import TracebackType
from typing import Any

from scripts.measure.device.state import Gpu, GpuState

PERIOD_S = 0.5


class Monitor:
    """A thread that reads the state between ``with`` and the end of its block.

    The first and the last reading are taken by the caller's thread, so that there are always two.
    """

    def __init__(self, gpu: Gpu, period_s: float = PERIOD_S) -> None:
        self._gpu, self._period_s = gpu, period_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
        self.states: list[GpuState] = []
        self._error: Exception | None = None

    def __enter__(self) -> Monitor:
        self.states.append(self._gpu.state())
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        if error is not None:
            return
        if self._error is not None:
            raise self._error
        self.states.append(self._gpu.state())

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._period_s):
                self.states.append(self._gpu.state())
        except Exception as error:  # raised where the block ends: a cell without states is void
            self._error = error


def summary(states: list[GpuState]) -> dict[str, Any]:
    """What a cell's line says of the readings taken during it; None where there is no sensor."""
    clocks = _known(state.sm_clock_mhz for state in states)
    temperatures = _known(state.temperature_c for state in states)
    powers = _known(state.power_w for state in states)
    return {
        "sm_clock_mhz": int(statistics.median(clocks)) if clocks else None,
        "sm_clock_min_mhz": min(clocks, default=None),
        "sm_clock_max_mhz": max(clocks, default=None),
        "temperature_c": max(temperatures, default=None),
        "power_w": max(powers, default=None),
        "throttled": sorted({name for state in states for name in state.throttled}),
        "readings": len(states),
        "states": [asdict(states[0]), asdict(states[-1])],
    }


def _known(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if value is not None]
