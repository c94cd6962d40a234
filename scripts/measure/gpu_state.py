"""Read the GPU's state through NVML. Clocks and limits are read, never set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scripts.lib.files import InputError

# Reasons of NVML's clock event mask that void a measurement; idle (0x1), application clocks
# (0x2), the software power cap (0x4) and display clocks (0x100) do not.
# https://docs.nvidia.com/deploy/nvml-api, group nvmlClocksEventReasons
_VOIDING = {
    0x8: "hw_slowdown",
    0x20: "sw_thermal",
    0x40: "hw_thermal",
    0x80: "hw_power_brake",
}


@dataclass(frozen=True)
class GpuState:
    """One reading: MHz, degrees C, watts, NVML's clock event mask, processes on the GPU."""

    sm_clock_mhz: int
    memory_clock_mhz: int
    temperature_c: int
    power_w: float
    event_mask: int
    processes: int
    ecc_errors: int | None

    @property
    def throttled(self) -> list[str]:
        """Names of the reasons seen that void a measurement."""
        return [name for bit, name in _VOIDING.items() if self.event_mask & bit]


class Gpu:
    """One GPU behind NVML; the same readings for another vendor would be another such class."""

    def __init__(self, index: int = 0) -> None:
        try:
            import pynvml  # noqa: PLC0415 - so that a machine without a GPU can import this
        except ImportError as error:
            raise InputError("measuring needs nvidia-ml-py: pip install nvidia-ml-py") from error
        self._nvml = pynvml
        try:
            pynvml.nvmlInit()
            self._handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        except pynvml.NVMLError as error:
            raise InputError(
                f"no NVIDIA GPU {index} on this machine ({error}); run on a GPU machine, or use "
                "the recorded measurements (measure.mode: recorded)"
            ) from error

    def identity(self) -> dict[str, Any]:
        """Name as the config files spell it, UUID, driver, memory clock limits and power limit."""
        nvml, handle = self._nvml, self._handle
        name = str(nvml.nvmlDeviceGetName(handle))
        return {
            "device": "NVIDIA_H200" if "H200" in name.split() else "_".join(name.split()),
            "name": name,
            "uuid": str(nvml.nvmlDeviceGetUUID(handle)),
            "driver": str(nvml.nvmlSystemGetDriverVersion()),
            "power_limit_w": nvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1e3,
            "max_sm_clock_mhz": nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_SM),
            "max_memory_clock_mhz": nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_MEM),
        }

    def state(self) -> GpuState:
        """Read clocks, temperature, power, event reasons, processes and ECC errors now."""
        nvml, handle = self._nvml, self._handle
        return GpuState(
            nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM),
            nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM),
            nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
            nvml.nvmlDeviceGetPowerUsage(handle) / 1e3,
            nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle),
            len(nvml.nvmlDeviceGetComputeRunningProcesses(handle)),
            self._ecc_errors(),
        )

    def _ecc_errors(self) -> int | None:
        nvml = self._nvml
        try:
            return int(
                nvml.nvmlDeviceGetTotalEccErrors(
                    self._handle,
                    nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
                    nvml.NVML_VOLATILE_ECC,
                )
            )
        except nvml.NVMLError:
            return None
