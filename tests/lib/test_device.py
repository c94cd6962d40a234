"""Device records, the names they go by, and the error for a GPU that is not known."""

import re
from pathlib import Path

import pytest

from scripts.lib.device import Device, Vendor, devices, find_device, short_name
from scripts.lib.files import InputError
from scripts.lib.schemas.history import HISTORY
from scripts.lib.search_space import searched_ranges
from scripts.lib.tables import read_table

# Dense 16-bit operations a clock and processor, from the vendors' architecture papers.
BF16_PER_CLOCK = {"sm_80": 2048, "sm_90": 4096, "gfx942": 2048, "gfx950": 4096, "sm_120": 1024}
# Rates cut for export, far below what the clock would give.
CUT = {"NVIDIA_H20", "NVIDIA_H20-3e"}
# Half the rate with float32 sums, as of all of its series.
HALVED = {"NVIDIA_GeForce_RTX_5090"}


def test_h200() -> None:
    device = find_device("NVIDIA_H200")
    assert (device.vendor, device.arch) == (Vendor.NVIDIA, "sm_90")
    assert (device.shared_bytes, device.processors) == (232_448, 132)
    assert device.registers_per_processor == 65_536
    assert set(device.peak_flops) == {"bf16", "fp8", "int8"}


def test_every_gpu_of_the_history_has_a_record() -> None:
    path = Path(__file__).parents[2] / "data/recorded/history.parquet"
    named = read_table(path, HISTORY, columns=["device"])["device"].dropna().unique()
    assert len(named) == 29
    assert set(named) <= set(devices())


@pytest.mark.parametrize("device", devices().values(), ids=lambda device: device.name)
def test_records_are_whole_and_of_the_right_size(device: Device) -> None:
    assert device.sources
    assert 2**16 <= device.shared_bytes <= 2**18
    assert 2 * 10**11 < device.bandwidth_bytes_s < 10**13
    assert 10**9 < device.clock_hz < 3 * 10**9
    assert device.registers_per_processor % 2**14 == device.threads_per_processor % 512 == 0
    assert set(device.assumed) < set(Device.__dataclass_fields__)
    assert {"bf16", "int8"} <= set(device.peak_flops) <= {"bf16", "fp8", "int8", "fp4"}


@pytest.mark.parametrize(
    "device",
    [d for d in devices().values() if d.arch in BF16_PER_CLOCK and d.name not in CUT],
    ids=lambda device: device.name,
)
def test_stated_rate_is_what_clock_and_processors_give(device: Device) -> None:
    by_clock = BF16_PER_CLOCK[device.arch] * device.processors * device.clock_hz
    by_clock /= 2 if device.name in HALVED else 1
    assert device.peak_flops["bf16"] == pytest.approx(by_clock, rel=0.01)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("NVIDIA H100 80GB HBM3", "NVIDIA_H100_80GB_HBM3"),
        ("AMD Instinct MI300X", "AMD_Instinct_MI300X"),
        ("amd instinct mi300x", "AMD_Instinct_MI300X"),
        ("mi300x", "AMD_Instinct_MI300X"),
        ("NVIDIA A100-SXM4-80GB", "NVIDIA_A100-SXM4-80GB"),
        ("H200", "NVIDIA_H200"),
        ("NVIDIA H200 NVL", "NVIDIA_H200_NVL"),
        ("RTX 5090", "NVIDIA_GeForce_RTX_5090"),
        ("4090", "NVIDIA_GeForce_RTX_4090"),
        ("4090 d", "NVIDIA_GeForce_RTX_4090_D"),
        ("Max-Q RTX PRO 6000", "NVIDIA_RTX_PRO_6000_Blackwell_Max-Q_Workstation_Edition"),
        ("T4", "Tesla_T4"),
        ("Arc Pro B60", "Intel(R)_Arc(TM)_Pro_B60_Graphics"),
        ("MI308X OAM", "AMD_Instinct_MI308X_OAM"),
        ("NVIDIA_H100", "NVIDIA_H100"),
    ],
)
def test_names_as_sold(said: str, name: str) -> None:
    assert find_device(said).name == name


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (
            "A100",
            "NVIDIA_A100-PCIE-40GB, NVIDIA_A100-SXM4-40GB, NVIDIA_A100-SXM4-80GB, NVIDIA_A100_8",
        ),
        ("H100", "NVIDIA_H100_80GB_HBM3, NVIDIA_H100_PCIe; name one of them"),
        ("RTX PRO 6000", "NVIDIA_RTX_PRO_6000_Blackwell_Max-Q_Workstation_Edition, NVIDIA_RTX_PRO"),
        ("A100 PCIe", "NVIDIA_A100-PCIE-40GB, NVIDIA_A100_80GB_PCIe; name one of them"),
    ],
)
def test_words_that_fit_several_gpus_ask_which(said: str, names: str) -> None:
    with pytest.raises(InputError, match=f"device '{said}' may be {re.escape(names)}"):
        find_device(said)


@pytest.mark.parametrize(
    ("said", "near"),
    [("mi300", "AMD_Instinct_MI300X, "), ("H1OO", "NVIDIA_H100_80GB_HBM3, "), ("b2oo", "B200")],
)
def test_a_word_that_no_gpu_has_is_answered_with_those_that_have_one_like_it(
    said: str, near: str
) -> None:
    with pytest.raises(InputError, match=f"unknown device '{said}'; nearest: .*{near}"):
        find_device(said)


def test_another_name_of_the_same_silicon_has_its_figures() -> None:
    named = [device for device in devices().values() if device.same_as is not None]
    assert len(named) >= 7
    own = {"name", "torch_name", "same_as", "sources"}
    for device in named:
        root = devices()[str(device.same_as)]
        assert set(root.sources) < set(device.sources)
        assert root.same_as is None
        for field in set(Device.__dataclass_fields__) - own:
            assert getattr(device, field) == getattr(root, field)


def test_a_gpu_that_no_search_is_known_for_has_no_space() -> None:
    with pytest.raises(InputError, match="no searched space is known for intel"):
        searched_ranges(Vendor.INTEL, narrow=False)


def test_no_two_devices_answer_to_one_name() -> None:
    assert all(find_device(name).name == name for name in devices())


def test_unknown_device_names_the_nearest() -> None:
    with pytest.raises(InputError, match="'AMD_Instinct_MI300'; nearest: AMD_Instinct_MI300X"):
        find_device("AMD_Instinct_MI300")


def test_short_names_leave_out_the_vendor() -> None:
    assert short_name("NVIDIA_H100_80GB_HBM3") == "H100 80GB HBM3"
    assert short_name("AMD_Instinct_MI300X") == "MI300X"
    assert short_name("NVIDIA_H20-3e") == "H20-3e"
