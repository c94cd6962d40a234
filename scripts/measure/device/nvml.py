"""An NVIDIA GPU through NVML."""

from __future__ import annotations

from typing import Any

from scripts.lib.files import InputError
from scripts.measure.device.state import GpuState, Process, others

# Reasons of NVML's clock event mask that void a measurement; idle (0x1), application clocks
# (0x2), the software power cap (0x4) and display clocks (0x100) do not.
# https://docs.nvidia.com/deploy/nvml-api, group nvmlClocksEventReasons
_VOIDING = {
    0x8: "hw_slowdown",
    0x20: "sw_thermal",
    0x40: "hw_thermal",
    0x80: "hw_power_brake",
}


def reasons(mask: int) -> tuple[str, ...]:
    """Names of the bits of a clock event mask that void a measurement."""
    return tuple(name for bit, name in _VOIDING.items() if mask & bit)


def device_name(name: str) -> str:
    """The product name as config files spell it; every variant of the H200 is NVIDIA_H200."""
    return "NVIDIA_H200" if "H200" in name.split() else "_".join(name.split())


def _connect() -> Any:
    try:
        import pynvml  # noqa: PLC0415 - so that a machine without a GPU can import this
    except ImportError as error:
        raise InputError("measuring needs nvidia-ml-py: pip install nvidia-ml-py") from error
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        raise InputError(
            f"no NVIDIA GPU on this machine ({error}); run on a GPU machine, or use the recorded "
            "measurements (measure.mode: recorded)"
        ) from error
    return pynvml


class NvidiaGpu:
    """One GPU behind NVML. ``where``: its number in PCI order, or its UUID."""

    def __init__(self, index: int, where: str) -> None:
        self.index, self._nvml = index, _connect()
        try:
            self._handle = (
                self._nvml.nvmlDeviceGetHandleByIndex(int(where))
                if where.isdecimal()
                else self._nvml.nvmlDeviceGetHandleByUUID(where)
            )
        except self._nvml.NVMLError as error:
            count = self._nvml.nvmlDeviceGetCount()
            raise InputError(f"no GPU {where} among the {count} of this machine") from error

    def identity(self) -> dict[str, Any]:
        """See ``Gpu.identity``."""
        nvml, handle = self._nvml, self._handle
        name = str(nvml.nvmlDeviceGetName(handle))
        return {
            "index": self.index,
            "vendor": "nvidia",
            "device": device_name(name),
            "name": name,
            "uuid": str(nvml.nvmlDeviceGetUUID(handle)),
            "driver": str(nvml.nvmlSystemGetDriverVersion()),
            "power_limit_w": nvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1e3,
            "max_sm_clock_mhz": nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_SM),
            "max_memory_clock_mhz": nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_MEM),
        }

    def state(self) -> GpuState:
        """See ``Gpu.state``."""
        nvml, handle = self._nvml, self._handle
        mask = int(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle))
        return GpuState(
            sm_clock_mhz=nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM),
            memory_clock_mhz=nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM),
            temperature_c=nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
            power_w=nvml.nvmlDeviceGetPowerUsage(handle) / 1e3,
            utilisation=self._utilisation(),
            throttled=reasons(mask),
            events=mask,
            processes=len(nvml.nvmlDeviceGetComputeRunningProcesses(handle)),
            ecc_errors=self._ecc_errors(),
        )

    def processes(self) -> list[Process]:
        """See ``Gpu.processes``."""
        running = self._nvml.nvmlDeviceGetComputeRunningProcesses(self._handle)
        return others([int(process.pid) for process in running])

    def _utilisation(self) -> int | None:
        try:
            return int(self._nvml.nvmlDeviceGetUtilizationRates(self._handle).gpu)
        except self._nvml.NVMLError:  # not told of a GPU that is split into instances
            return None

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
