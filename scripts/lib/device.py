"""What a search has to know of a GPU before anything runs on it.

The records stand in ``devices.json``, each with its sources: one for every GPU that the public
config files name. ``assumed`` lists the fields of a record that no published figure for that very
name supports (a board that the name leaves open, a GPU without a data sheet).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from scripts.lib.files import read_json
from scripts.lib.names import unknown_name

_RECORDS = Path(__file__).with_name("devices.json")


class Vendor(StrEnum):
    """Who made the GPU; decides which keys of a config its compiler reads."""

    NVIDIA = "nvidia"
    AMD = "amd"


@dataclass(frozen=True)
class Device:
    """A GPU model, named as in config files; a processor is a multiprocessor or compute unit.

    ``shared_bytes``: the most shared memory (LDS) one block may have. ``registers_per_processor``:
    32-bit registers. ``l2_bytes``: L2, summed over the dies. ``bandwidth_bytes_s``: of the device
    memory. ``clock_hz``: boost clock, on Hopper the one that its peak rates are stated for.
    ``peak_flops``: dense tensor rate, operations per second, by bf16, fp8, int8 and fp4; a format
    that the GPU has no tensor instruction for is absent.
    """

    name: str
    vendor: Vendor
    arch: str
    shared_bytes: int
    processors: int
    registers_per_processor: int
    threads_per_processor: int
    l2_bytes: int
    bandwidth_bytes_s: int
    clock_hz: int
    peak_flops: Mapping[str, float]
    sources: tuple[str, ...]
    assumed: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash(self.name)


@cache
def devices() -> Mapping[str, Device]:
    """All records by name."""
    records = read_json(_RECORDS)
    found = {}
    for name, record in records["devices"].items():
        shared = records["architectures"][record["arch"]]
        sources = (*record["sources"], *shared["sources"])
        fields = shared | record | {"sources": sources, "vendor": Vendor(record["vendor"])}
        found[name] = Device(name=name, **fields | {"assumed": tuple(record.get("assumed", ()))})
    return found


def find_device(name: str) -> Device:
    """The device of that name, as in config files (``NVIDIA_H200``) or as sold ("NVIDIA H200").

    Case, blanks and the vendor may differ. InputError offers the nearest names if there is none.
    """
    wanted = _key(name)
    for device in devices().values():
        if wanted in (_key(device.name), _key(short_name(device.name))):
            return device
    raise unknown_name("device", name, devices())


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def short_name(name: str) -> str:
    """A device name for readers, without the vendor: ``H100 80GB HBM3``. Any name will do."""
    return name.removeprefix("NVIDIA_").removeprefix("AMD_Instinct_").replace("_", " ")
