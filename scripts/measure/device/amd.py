"""An AMD GPU through AMD SMI's Python package, which comes with ROCm.

Field names and units: https://rocm.docs.amd.com/projects/amdsmi, "Python API reference" (clocks in
MHz, temperatures in degrees C, socket power in W, power caps in uW). A field that a GPU does not
have is the text N/A.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scripts.lib.files import InputError
from scripts.measure.device.state import GpuState, Process, others

# Violations in the order of the bits of ``events``, and the names of those that void a
# measurement; package power tracking is the power cap at work, as NVML's 0x4, and does not.
_VIOLATIONS = {
    "active_prochot_thrm": "hw_thermal",
    "active_ppt_pwr": "",
    "active_socket_thrm": "sw_thermal",
    "active_vr_thrm": "vr_thermal",
    "active_hbm_thrm": "hbm_thermal",
}
# GPUs before MI300 (gpu_metrics 1.3) tell bits of indep_throttle_status: power and current limits
# below 32, temperatures from 32, PROCHOT at 46 and 47. Linux, amdgpu_smu.h, SMU_THROTTLER_*_BIT.
_BEFORE_MI300 = {range(32, 46): "sw_thermal", range(46, 48): "hw_thermal"}


def active_violations(status: dict[str, Any]) -> tuple[int, tuple[str, ...]]:
    """What ``amdsmi_get_violation_status`` says is active now: bits, and names that void."""
    bits, names = 0, []
    for bit, (field, name) in enumerate(_VIOLATIONS.items()):
        if _number(status.get(field)):
            bits |= 1 << bit
            names += [name] if name else []
    return bits, tuple(names)


def throttle_bits(bits: int) -> tuple[str, ...]:
    """Names for an ``indep_throttle_status`` that void a measurement."""
    return tuple(
        name for span, name in _BEFORE_MI300.items() if any(bits >> bit & 1 for bit in span)
    )


def device_name(market_name: str) -> str:
    """The product name as config files spell it: ``AMD_Instinct_MI300X``, without a form factor.

    What the SMI calls "AMD Instinct MI300X OAM", the runtime calls "AMD Instinct MI300X".
    """
    words = [word for word in market_name.split() if word != "OAM"]
    return "_".join(words if words[:1] == ["AMD"] else ["AMD", *words])


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) else None


def _connect() -> Any:
    try:
        import amdsmi  # noqa: PLC0415 - so that a machine without a GPU can import this
    except (ImportError, OSError, KeyError) as error:
        raise InputError(
            "measuring on an AMD GPU needs its Python package amdsmi, which ROCm brings: "
            "pip install /opt/rocm/share/amd_smi"
        ) from error
    try:
        amdsmi.amdsmi_init(amdsmi.AmdSmiInitFlags.INIT_AMD_GPUS)
    except amdsmi.AmdSmiException as error:
        raise InputError(f"AMD SMI finds no GPU ({error}); is the amdgpu driver loaded?") from error
    return amdsmi


class AmdGpu:
    """One GPU behind AMD SMI. ``where``: its number in the order of the driver."""

    def __init__(self, index: int, where: str) -> None:
        self.index, self._smi = index, _connect()
        handles = self._smi.amdsmi_get_processor_handles()
        if not where.isdecimal() or int(where) >= len(handles):
            raise InputError(f"no GPU {where} among the {len(handles)} of this machine")
        self._handle = handles[int(where)]

    def identity(self) -> dict[str, Any]:
        """See ``Gpu.identity``."""
        smi, handle = self._smi, self._handle
        name = str(smi.amdsmi_get_gpu_asic_info(handle)["market_name"])
        cap = _number(self._ask(smi.amdsmi_get_power_cap_info).get("power_cap"))
        return {
            "index": self.index,
            "vendor": "amd",
            "device": device_name(name),
            "name": name,
            "uuid": str(smi.amdsmi_get_gpu_device_uuid(handle)),
            "driver": str(smi.amdsmi_get_gpu_driver_info(handle)["driver_version"]),
            "power_limit_w": None if cap is None else cap / 1e6,
            "max_sm_clock_mhz": self._clock("GFX", "max_clk"),
            "max_memory_clock_mhz": self._clock("MEM", "max_clk"),
        }

    def state(self) -> GpuState:
        """See ``Gpu.state``."""
        smi = self._smi
        events, throttled = self._throttling()
        ecc = _number(self._ask(smi.amdsmi_get_gpu_total_ecc_count).get("uncorrectable_count"))
        usage = _number(self._ask(smi.amdsmi_get_gpu_activity).get("gfx_activity"))
        return GpuState(
            sm_clock_mhz=self._clock("GFX", "clk"),
            memory_clock_mhz=self._clock("MEM", "clk"),
            temperature_c=self._temperature(),
            power_w=_number(self._ask(smi.amdsmi_get_power_info).get("socket_power")),
            utilisation=None if usage is None else int(usage),
            throttled=throttled,
            events=events,
            processes=len(self._pids()),
            ecc_errors=None if ecc is None else int(ecc),
        )

    def processes(self) -> list[Process]:
        """See ``Gpu.processes``."""
        return others(self._pids())

    def _pids(self) -> list[int]:
        running = self._smi.amdsmi_get_gpu_process_list(self._handle)
        # The list names every process that opened the driver; those that compute hold memory.
        return [int(p["pid"]) for p in running if p["memory_usage"]["vram_mem"]]

    def _ask(self, question: Callable[..., dict[str, Any]], *more: Any) -> dict[str, Any]:
        """The answer, or nothing where this GPU or a virtual machine does not give it."""
        try:
            return question(self._handle, *more)
        except self._smi.AmdSmiLibraryException:
            return {}

    def _clock(self, kind: str, field: str) -> int | None:
        smi = self._smi
        value = self._ask(smi.amdsmi_get_clock_info, getattr(smi.AmdSmiClkType, kind)).get(field)
        number = _number(value)
        return None if number is None else int(number)

    def _temperature(self) -> int | None:
        smi = self._smi
        try:
            return int(
                smi.amdsmi_get_temp_metric(
                    self._handle,
                    smi.AmdSmiTemperatureType.HOTSPOT,
                    smi.AmdSmiTemperatureMetric.CURRENT,
                )
            )
        except smi.AmdSmiLibraryException:
            return None

    def _throttling(self) -> tuple[int | None, tuple[str, ...]]:
        status = self._ask(self._smi.amdsmi_get_violation_status)
        if any(_number(status.get(field)) is not None for field in _VIOLATIONS):
            return active_violations(status)
        metrics = self._ask(self._smi.amdsmi_get_gpu_metrics_info)
        bits = _number(metrics.get("indep_throttle_status"))
        return (None, ()) if bits is None else (int(bits), throttle_bits(int(bits)))
