"""Which machine a set was made on, and how the machines of two sets stand to each other.

A machine is told by the GPUs that it holds (their uuids are burnt in) and by the id that its kernel
draws at each start. A virtual machine is a machine: nothing within one tells whether two of them
stand in one chassis, unless the driver names it, which is noted.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from scripts.lib.files import InputError

SAME_GPU, SAME_MACHINE = "the same GPU", "another GPU of the same machine"
OTHER, UNTOLD = "another machine", "another GPU, of which machine was not noted"
_BOOT, _CPU = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/cpuinfo")
# Of a GPU in nvidia-smi's XML -> name here. What a machine hides is "N/A" or is not there.
_FIELDS = {
    "uuid": "uuid", "serial": "serial", "pci/pci_bus_id": "bus", "vbios_version": "vbios",
    "platformInfo/chassis_serial_number": "chassis", "platformInfo/module_id": "module",
}  # fmt: skip
_HIDDEN = ("", "N/A", "Unknown Error", "0")


def described() -> dict[str, Any]:
    """``boot``: id of the machine's start; ``cpu``: its model; ``gpus``: all that it holds."""
    return {"boot": _said(_BOOT), "cpu": _model(_said(_CPU)), "gpus": gpus(_asked())}


def gpus(xml: str) -> list[dict[str, str]]:
    """Of each GPU of a machine uuid, serial, bus, vbios, chassis and module, as far as is told."""
    try:
        every = ElementTree.fromstring(xml).findall("gpu")
    except ElementTree.ParseError as error:
        raise InputError(f"nvidia-smi -q -x: {error}; the driver's tool is broken") from error
    found = [{name: (one.findtext(path) or "").strip() for path, name in _FIELDS.items()}
             for one in every]  # fmt: skip
    return [{name: text for name, text in one.items() if text not in _HIDDEN} for one in found]


def relation(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """How the machines of two sets (each its set.json) stand to each other: one of the words."""
    ours, theirs = _of(first), _of(second)
    if first["gpu_uuid"] == second["gpu_uuid"]:
        return SAME_GPU
    held = {name: {one["uuid"] for one in machine.get("gpus", ()) if "uuid" in one}
            for name, machine in (("first", ours), ("second", theirs))}  # fmt: skip
    if first["gpu_uuid"] in held["second"] or second["gpu_uuid"] in held["first"]:
        return SAME_MACHINE
    if ours.get("boot") and ours.get("boot") == theirs.get("boot"):
        return SAME_MACHINE
    return OTHER if held["first"] or held["second"] else UNTOLD


def machine_of(held: Mapping[str, Any]) -> str:
    """A set's machine in a few words; empty if it was not noted."""
    machine = _of(held)
    if not machine:
        return ""
    return f"{len(machine['gpus'])} GPUs, {machine['cpu']}, started as {machine['boot'][:8]}"


def _of(held: Mapping[str, Any]) -> Mapping[str, Any]:
    """As the set's last start noted it; empty of sets made before it was."""
    rows = held["provenance"]
    found: Mapping[str, Any] = rows[-1].get("machine", {}) if rows else {}
    return found


def _asked() -> str:
    try:
        return subprocess.run(["nvidia-smi", "-q", "-x"], capture_output=True, text=True,
                              timeout=60, check=True).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        fix = "evidence is recorded on a machine with an NVIDIA GPU"
        raise InputError(f"nvidia-smi: {error}; {fix}") from error


def _said(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _model(cpuinfo: str) -> str:
    names = (line.partition(":")[2].strip() for line in cpuinfo.splitlines()
             if line.startswith("model name"))  # fmt: skip
    return next(names, "unknown CPU")
