"""The CPU that Triton's interpreter runs on, in the place of a GPU: it has no state to read."""

from __future__ import annotations

import platform
from typing import Any

from scripts.measure.device.state import GpuState, Process

DEVICE = "CPU_interpreter"


class InterpreterGpu:
    """One CPU; it is never busy and never throttled, since its times mean nothing anyway."""

    def __init__(self, index: int = 0) -> None:
        self.index = index

    def identity(self) -> dict[str, Any]:
        """See ``Gpu.identity``."""
        return {
            "index": self.index,
            "vendor": "cpu",
            "device": DEVICE,
            "name": platform.machine(),
            "uuid": f"CPU-{self.index}",
            "driver": platform.release(),
            "power_limit_w": None,
            "max_sm_clock_mhz": None,
            "max_memory_clock_mhz": None,
        }

    def state(self) -> GpuState:
        """See ``Gpu.state``."""
        return GpuState(None, None, None, None, None, (), None, 0, None)

    def processes(self) -> list[Process]:
        """See ``Gpu.processes``."""
        return []
