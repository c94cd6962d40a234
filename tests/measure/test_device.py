"""What each vendor's readings become; the vendors' packages are told by stand-ins of their API."""

import os
import sys
import types

import pytest
import torch

from scripts.lib.files import InputError
from scripts.measure.device import amd, nvml
from scripts.measure.device.choose import open_gpu, parse_gpus
from scripts.measure.device.state import others
from scripts.measure.device.visible import physical, restrict


def test_nvidias_names_and_reasons():
    assert nvml.device_name("NVIDIA H200") == "NVIDIA_H200"
    assert nvml.device_name("NVIDIA H200 NVL") == "NVIDIA_H200"
    assert nvml.device_name("NVIDIA H100 80GB HBM3") == "NVIDIA_H100_80GB_HBM3"
    assert nvml.reasons(0x1 | 0x4) == ()  # idle, power cap
    assert nvml.reasons(0x4 | 0x8 | 0x40) == ("hw_slowdown", "hw_thermal")


def test_amds_names_and_reasons():
    assert amd.device_name("AMD Instinct MI300X OAM") == "AMD_Instinct_MI300X"
    assert amd.device_name("Instinct MI325X") == "AMD_Instinct_MI325X"
    idle = {"active_prochot_thrm": 0, "active_ppt_pwr": 1, "active_hbm_thrm": "N/A"}
    assert amd.active_violations(idle) == (0b10, ())  # the power cap at work is no fault
    hot = idle | {"active_socket_thrm": 1, "active_vr_thrm": True}
    assert amd.active_violations(hot) == (0b1110, ("sw_thermal", "vr_thermal"))
    assert amd.throttle_bits(1 << 0 | 1 << 22) == ()
    assert amd.throttle_bits(1 << 36 | 1 << 47) == ("sw_thermal", "hw_thermal")


class NotSupportedError(Exception):
    """AMD SMI's answer where a GPU lacks a sensor."""


def stand_in_for_amdsmi(told):
    """The package's functions with the documented keys; those not ``told`` are not supported."""

    def answers(name):
        def answer(handle, *kinds):
            if name not in told:
                raise NotSupportedError(name)
            value = told[name]
            return value(*kinds) if callable(value) else value

        return answer

    smi = types.ModuleType("amdsmi")
    smi.AmdSmiException = smi.AmdSmiLibraryException = NotSupportedError
    smi.AmdSmiInitFlags = types.SimpleNamespace(INIT_AMD_GPUS=2)
    smi.AmdSmiClkType = types.SimpleNamespace(GFX="gfx", MEM="mem")
    smi.AmdSmiTemperatureType = types.SimpleNamespace(HOTSPOT="hotspot")
    smi.AmdSmiTemperatureMetric = types.SimpleNamespace(CURRENT="current")
    smi.amdsmi_init = lambda flag: None
    smi.amdsmi_get_processor_handles = lambda: ["first", "second"]
    for name in (
        "gpu_asic_info", "gpu_device_uuid", "gpu_driver_info", "power_cap_info", "clock_info",
        "power_info", "gpu_activity", "violation_status", "gpu_metrics_info", "temp_metric",
        "gpu_process_list", "gpu_total_ecc_count",
    ):  # fmt: skip
        setattr(smi, f"amdsmi_get_{name}", answers(name))
    return smi


FULL = {
    "gpu_asic_info": {"market_name": "AMD Instinct MI300X OAM"},
    "gpu_device_uuid": "84ff74a1-0000-1000-80a7-000000000000",
    "gpu_driver_info": {"driver_version": "6.12.12"},
    "power_cap_info": {"power_cap": 750_000_000},
    "clock_info": lambda kind: {"clk": {"gfx": 2100, "mem": 1300}[kind], "max_clk": 2100},
    "power_info": {"socket_power": 512, "average_socket_power": "N/A"},
    "gpu_activity": {"gfx_activity": 3},
    "violation_status": {"active_socket_thrm": 1, "active_ppt_pwr": 0},
    "temp_metric": 61,
    "gpu_process_list": [
        {"pid": 1, "memory_usage": {"vram_mem": 1 << 30}},
        {"pid": 2, "memory_usage": {"vram_mem": 0}},
    ],
    "gpu_total_ecc_count": {"uncorrectable_count": 0},
}


def test_an_amd_gpu_reads_as_any_other(monkeypatch):
    monkeypatch.setitem(sys.modules, "amdsmi", stand_in_for_amdsmi(FULL))
    gpu = amd.AmdGpu(0, "1")
    identity = gpu.identity()
    assert (identity["vendor"], identity["device"]) == ("amd", "AMD_Instinct_MI300X")
    assert (identity["power_limit_w"], identity["max_sm_clock_mhz"]) == (750.0, 2100)
    state = gpu.state()
    assert (state.sm_clock_mhz, state.memory_clock_mhz) == (2100, 1300)
    assert (state.temperature_c, state.power_w, state.utilisation) == (61, 512, 3)
    assert (state.throttled, state.events) == (("sw_thermal",), 0b100)
    assert (state.processes, state.ecc_errors) == (1, 0)
    assert [process.pid for process in gpu.processes()] == [1]


def test_an_older_amd_gpu_tells_its_throttling_otherwise_and_lacks_some_sensors(monkeypatch):
    told = {
        "gpu_process_list": [],
        "gpu_metrics_info": {"indep_throttle_status": 1 << 36},
        "gpu_activity": {"gfx_activity": "N/A"},
    }
    monkeypatch.setitem(sys.modules, "amdsmi", stand_in_for_amdsmi(told))
    state = amd.AmdGpu(0, "0").state()
    assert state.throttled == ("sw_thermal",)
    assert state.sm_clock_mhz is state.temperature_c is state.power_w is state.utilisation is None
    with pytest.raises(InputError, match="no GPU 2 among the 2"):
        amd.AmdGpu(0, "2")


def test_a_missing_package_is_a_clear_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "amdsmi", None)
    with pytest.raises(InputError, match="needs its Python package amdsmi"):
        amd.AmdGpu(0, "0")
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(InputError, match="pip install nvidia-ml-py"):
        nvml.NvidiaGpu(0, "0")


def test_own_process_is_no_other():
    assert [process.pid for process in others([os.getpid(), 1])] == [1]
    assert others([2**22 + 1])[0].name == "?"


def test_a_number_means_the_visible_gpu_and_the_worker_sees_that_one_alone(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("HIP_VISIBLE_DEVICES", raising=False)
    assert physical(3) == "3"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5, GPU-abc")
    assert physical(1) == "GPU-abc"
    with pytest.raises(IndexError):
        physical(2)
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")
    restrict(0)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "5"
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"


def test_the_interpreter_is_a_gpu_without_sensors():
    gpu = open_gpu(0, "interpreter")
    assert gpu.identity()["device"] == "CPU_interpreter"
    assert gpu.state().sm_clock_mhz is None
    assert gpu.processes() == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_where_there_is_no_gpu_the_error_says_what_can_be_done():
    with pytest.raises(InputError, match="run this on a GPU machine, or use what was recorded"):
        open_gpu(0, "gpu")


def test_lists_of_gpus():
    assert parse_gpus("0,2", "gpu") == [0, 2]
    assert parse_gpus("all", "interpreter") == [0]
    for text in ("", "0,0", "-1", "first"):
        with pytest.raises(InputError, match="write different numbers"):
            parse_gpus(text, "gpu")
