"""What a search has to know of a GPU before anything runs on it.

Sources, by column:
- architecture and opt-in shared memory of one block: NVIDIA, "CUDA C++ Programming Guide",
  appendix on compute capabilities (163 KB on 8.0; 227 KB on 9.0 and 10.0); AMD, "CDNA 3 ISA"
  (64 KB of local data share per workgroup on gfx942).
- processors: NVIDIA's A100, H100 and Blackwell architecture papers and the H200 and H20 data
  sheets (streaming multiprocessors); AMD's MI300X and MI325X data sheets (compute units).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scripts.lib.names import unknown_name


class Vendor(StrEnum):
    """Who made the GPU; decides which keys of a config its compiler reads."""

    NVIDIA = "nvidia"
    AMD = "amd"


@dataclass(frozen=True)
class Device:
    """A GPU model. ``name`` as in config files, ``shared_bytes`` the most one block may have."""

    name: str
    vendor: Vendor
    arch: str
    shared_bytes: int
    processors: int


_KB = 1024
_DEVICES = {
    device.name: device
    for device in (
        Device("NVIDIA_A100-SXM4-40GB", Vendor.NVIDIA, "sm_80", 163 * _KB, 108),
        Device("NVIDIA_A100-SXM4-80GB", Vendor.NVIDIA, "sm_80", 163 * _KB, 108),
        Device("NVIDIA_H100_80GB_HBM3", Vendor.NVIDIA, "sm_90", 227 * _KB, 132),
        Device("NVIDIA_H20", Vendor.NVIDIA, "sm_90", 227 * _KB, 78),
        Device("NVIDIA_H200", Vendor.NVIDIA, "sm_90", 227 * _KB, 132),
        Device("NVIDIA_B200", Vendor.NVIDIA, "sm_100", 227 * _KB, 148),
        Device("AMD_Instinct_MI300X", Vendor.AMD, "gfx942", 64 * _KB, 304),
        Device("AMD_Instinct_MI325X", Vendor.AMD, "gfx942", 64 * _KB, 304),
    )
}


def find_device(name: str) -> Device:
    """The device of that name; InputError offers the nearest names if there is none."""
    if name not in _DEVICES:
        raise unknown_name("device", name, _DEVICES)
    return _DEVICES[name]


def short_name(name: str) -> str:
    """A device name for readers, without the vendor: ``H100 80GB HBM3``. Any name will do."""
    return name.removeprefix("NVIDIA_").removeprefix("AMD_Instinct_").replace("_", " ")
