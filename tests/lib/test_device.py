"""Device facts and the error for a GPU that is not known."""

import pytest

from scripts.lib.device import Vendor, find_device, short_name
from scripts.lib.files import InputError


def test_h200() -> None:
    device = find_device("NVIDIA_H200")
    assert (device.vendor, device.arch) == (Vendor.NVIDIA, "sm_90")
    assert (device.shared_bytes, device.processors) == (232_448, 132)


def test_unknown_device_names_the_nearest() -> None:
    with pytest.raises(InputError, match="'AMD_Instinct_MI300'; nearest: AMD_Instinct_MI300X"):
        find_device("AMD_Instinct_MI300")


def test_short_names_leave_out_the_vendor() -> None:
    assert short_name("NVIDIA_H100_80GB_HBM3") == "H100 80GB HBM3"
    assert short_name("AMD_Instinct_MI300X") == "MI300X"
    assert short_name("NVIDIA_H20-3e") == "H20-3e"
