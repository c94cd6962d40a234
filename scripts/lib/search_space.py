"""The parameters that the published searches try: what a GPU's searched space is made of.

Values: what vLLM's tuner, benchmarks/kernels/benchmark_moe.py, tries (2026). On ROCm its narrow
space serves the schemes that it knows as 8-bit, fp8_w8a8 and int8_w8a16; here it also serves the
other schemes with activations of 8 bits or fewer. Everything else takes the wide one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from scripts.lib.config import ROCM_KEYS, Config
from scripts.lib.device import Vendor
from scripts.lib.files import InputError

Ranges = Mapping[str, tuple[int, ...]]

NVIDIA_SPACE: Ranges = {
    "block_size_m": (16, 32, 64, 128, 256),
    "block_size_n": (32, 64, 128, 256),
    "block_size_k": (64, 128, 256),
    "group_size_m": (1, 16, 32, 64),
    "num_warps": (4, 8),
    "num_stages": (2, 3, 4, 5),
}
ROCM_NARROW_SPACE: Ranges = {
    "block_size_m": (16, 32, 64, 128, 256),
    "block_size_n": (16, 32, 64, 128, 256),
    "block_size_k": (32, 64, 128, 256),
    "group_size_m": (1, 4, 8, 16, 32),
    "num_warps": (1, 2, 4, 8),
    "num_stages": (2,),
    "waves_per_eu": (0, 1, 2, 4),
}
ROCM_WIDE_SPACE: Ranges = {
    **ROCM_NARROW_SPACE,
    "block_size_k": (16, 32, 64, 128, 256),
    "matrix_instr_nonkdim": (16, 32),
    "kpack": (1, 2),
}


class Numbers(Protocol):
    """Of a kernels.formats.Format: bits of an activation, and what a weight is."""

    @property
    def a_bits(self) -> int: ...  # noqa: D102 - above

    @property
    def b(self) -> str: ...  # noqa: D102 - above


def is_narrow(form: Numbers) -> bool:
    """Whether the ROCm search takes a scheme for an 8-bit one."""
    return form.a_bits <= 8 or form.b == "int8"


def searched_ranges(vendor: Vendor, narrow: bool) -> Ranges:
    """Values of each parameter; ``narrow``: see is_narrow. InputError for a vendor without any."""
    if vendor is Vendor.INTEL:
        raise InputError(
            f"no searched space is known for {vendor}'s GPUs: files for them can be named, and"
            " nothing tuned; choose a GPU of NVIDIA or AMD"
        )
    if vendor is Vendor.NVIDIA:
        return NVIDIA_SPACE
    return ROCM_NARROW_SPACE if narrow else ROCM_WIDE_SPACE


def is_searched(config: Config, vendor: Vendor, form: Numbers) -> bool:
    """Whether the published search would try a config; one that it would not may well launch."""
    ranges = searched_ranges(vendor, is_narrow(form))
    foreign = [name for name, _ in ROCM_KEYS.values() if name not in ranges]
    if any(getattr(config, name) is not None for name in foreign):
        return False
    return all(getattr(config, name) in values for name, values in ranges.items())
