"""GPUs and number formats that are asked for, and the architectures they come down to."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from kernels.formats import SCHEMES, Format
from scripts.lib.device import Device, devices, find_device
from scripts.lib.names import unknown_name


@dataclass(frozen=True)
class Target:
    """A GPU and the schemes wanted on it."""

    device: str
    schemes: tuple[str, ...]


@cache
def _by_arch() -> Mapping[str, Device]:
    return {device.arch: device for device in devices().values()}


def device_of(arch: str) -> Device:
    """A device of an architecture, for its limits, which all of them share.

    InputError offers the nearest architecture if there is none of that name.
    """
    if arch not in _by_arch():
        raise unknown_name("architecture", arch, _by_arch())
    return _by_arch()[arch]


def find_form(scheme: str) -> Format:
    """Number formats by name; InputError offers the nearest."""
    if scheme not in SCHEMES:
        raise unknown_name("scheme", scheme, SCHEMES)
    return SCHEMES[scheme]


def add_targets(parser: argparse.ArgumentParser) -> None:
    """The option that names GPUs and the number formats wanted on each."""
    parser.add_argument(
        "--target",
        type=_target,
        action="extend",
        nargs="+",
        required=True,
        metavar="DEVICE=SCHEME,…",
        help="GPU as in config files and its schemes, or `all`; may be given again",
    )


def _target(text: str) -> Target:
    device, _, schemes = text.partition("=")
    return Target(device, tuple(SCHEMES) if schemes == "all" else tuple(schemes.split(",")))


def pairs_of(targets: Iterable[Target]) -> list[tuple[str, str]]:
    """(architecture, scheme) of all targets, each once. InputError on a name not known."""
    pairs = ((find_device(t.device).arch, find_form(s).name) for t in targets for s in t.schemes)
    return list(dict.fromkeys(pairs))
