"""What a search has to know of a GPU before anything runs on it.

The records stand in ``devices.json``, each with its sources: one for every GPU that the public
config files name, and for others that people ask for. ``assumed`` lists the fields of a record that
no published figure for that very name supports (a board that the name leaves open, a GPU without a
data sheet). ``same_as`` is another name of the same silicon: all figures are those of the other.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_json
from scripts.lib.names import nearest, unknown_name

_RECORDS = Path(__file__).with_name("devices.json")


class Vendor(StrEnum):
    """Who made the GPU; decides which keys of a config its compiler reads."""

    NVIDIA = "nvidia"
    AMD = "amd"
    INTEL = "intel"


@dataclass(frozen=True)
class Device:
    """A GPU model, named as in config files; a processor is a multiprocessor or compute unit.

    ``shared_bytes``: the most shared memory (LDS) one block may have. ``registers_per_processor``:
    32-bit registers. ``l2_bytes``: L2, summed over the dies. ``bandwidth_bytes_s``: of the device
    memory. ``clock_hz``: boost clock, on Hopper the one that its peak rates are stated for.
    ``peak_flops``: dense tensor rate, operations per second, by bf16, fp8, int8 and fp4; a format
    that the GPU has no tensor instruction for is absent. ``torch_name``: as torch has it, blanks as
    _. ``device_id``: of its PCI function, where a runtime goes by it. ``same_as``: the record
    that the figures are of. ``vague``: the name leaves the board open, so that nobody's short word
    for it is taken to mean this record.
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
    torch_name: str = ""
    device_id: str | None = None
    same_as: str | None = None
    vague: bool = False

    def __hash__(self) -> int:
        return hash(self.name)


@cache
def devices() -> Mapping[str, Device]:
    """All records by name."""
    records = read_json(_RECORDS)
    return {name: _device(name, records) for name in records["devices"]}


def _device(name: str, records: Mapping[str, Any]) -> Device:
    own = records["devices"][name]
    root = records["devices"][own["same_as"]] if "same_as" in own else {}
    record = {key: value for key, value in root.items() if key != "torch_name"} | own
    shared = records["architectures"][record["arch"]]
    made = {
        "torch_name": own.get("torch_name", name),
        "vendor": Vendor(record["vendor"]),
        "sources": (*root.get("sources", ()), *own["sources"], *shared["sources"]),
        "assumed": tuple(record.get("assumed", ())),
    }
    return Device(name=name, **{**shared, **record, **made})


def record_of(name: str) -> Device | None:
    """The record of a GPU's whole name, blanks or _, any case; None if there is none."""
    wanted = _key(name)
    return next((one for one in devices().values() if _key(one.name) == wanted), None)


@cache
def find_device(name: str) -> Device:
    """The device of that name, as in config files (``NVIDIA_H200``), as sold ("NVIDIA H200"), or by
    words that no other name has ("RTX 5090").

    Case, blanks and the order of words may differ. InputError names the GPUs that the words fit if
    they are several ("A100"), and the nearest names if there are none.
    """  # noqa: D205
    whole = record_of(name)
    if whole is not None:
        return whole
    wanted = _key(name)
    words = set(wanted.split("_"))
    clear = [device for device in devices().values() if not device.vague]
    fits = [device for device in clear if words <= set(_key(device.name).split("_"))]
    exact = [device for device in fits if _key(short_name(device.name)) == wanted]
    last = [device for device in fits if _key(device.name).endswith(f"_{wanted}")]
    for found in (exact, last, fits):
        roots = {device.same_as or device.name for device in found}
        if wanted and len(roots) == 1:
            return found[0] if len(found) == 1 else devices()[roots.pop()]
    if wanted and fits:
        names = ", ".join(sorted(device.name for device in fits))
        raise InputError(f"device {name!r} may be {names}; name one of them")
    if not nearest(name, devices()) and (near := _alike(wanted)):
        raise InputError(f"unknown device {name!r}; nearest: {', '.join(near)}")
    raise unknown_name("device", name, devices())


def _alike(wanted: str) -> list[str]:
    """GPUs that have a word in their name that ``wanted``, a key, may have been meant to be."""
    words = {word for name in devices() for word in _key(name).split("_")}
    near = difflib.get_close_matches(wanted, sorted(words), n=3, cutoff=0.5)
    return [name for name in devices() if not set(near).isdisjoint(_key(name).split("_"))]


def _key(name: str) -> str:
    plain = re.sub(r"\((r|tm)\)", "", name.lower())
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def short_name(name: str) -> str:
    """A device name for readers, without the vendor: ``H100 80GB HBM3``. Any name will do."""
    return name.removeprefix("NVIDIA_").removeprefix("AMD_Instinct_").replace("_", " ")
