"""What each runtime looks up and launches, as ``rules.json`` states it: data, nothing decided."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_json

_RULES = Path(__file__).with_name("rules.json")


@dataclass(frozen=True)
class Format:
    """How a runtime treats one scheme.

    ``dtype``, ``block`` (n, k), ``per_channel``: what the file's name says. ``packed``: by what
    the intermediate size is divided in the name. ``keys``: what every entry must have besides its
    config. ``since``: the first release that looks up this name. ``few_tokens_group``: weights
    under one scale, if few tokens go through a CUDA kernel with limits of its own on the tile.
    """

    dtype: str = ""
    block: tuple[int, int] | None = None
    per_channel: bool = False
    packed: int = 1
    keys: Mapping[str, int] = field(default_factory=dict)
    since: str | None = None
    few_tokens_group: int | None = None


@dataclass(frozen=True)
class DeviceId:
    """What a runtime calls the GPU of a PCI device id, from release ``since`` on."""

    name: str
    since: str


@dataclass(frozen=True)
class Fusion:
    """Models whose shared experts a runtime treats as routed ones unless told not to.

    ``experts``: only with so many routed ones; ``shared``: so many become routed ones.
    """

    models: tuple[str, ...]
    shared: int
    why: str
    experts: int | None = None


@dataclass(frozen=True)
class Rules:
    """The conventions of one runtime. ``versions``: oldest and newest release they hold for.

    ``folder_variable`` names the environment variable of the user's folder, which by
    ``folder_use`` ``precedes`` or ``replaces`` the runtime's own. ``triton_folders``: files lie in
    a folder for each Triton version. ``triton_key``: a file may hold ``triton_version``.
    ``block_gap`` stands between the numbers of a block. ``device_blanks``: the pattern of what
    becomes _ in a GPU's name. ``device_families``: a word of the name, and the name that all GPUs
    with that word go by. ``unread``: why no file is read for a scheme.
    """

    name: str
    versions: tuple[str, str]
    sources: tuple[str, ...]
    folder_variable: str
    folder_use: str
    triton_folders: bool
    triton_key: bool
    block_gap: str
    device_blanks: str
    device_families: Mapping[str, str]
    device_ids: Mapping[str, DeviceId]
    dtypes: frozenset[str]
    other_names: tuple[Mapping[str, str], ...]
    per_channel_names: bool
    down_names: bool
    forbidden_keys: tuple[str, ...]
    formats: Mapping[str, Format]
    unread: Mapping[str, str]
    fuses_shared_experts: tuple[Fusion, ...]
    triton_folders_scanned_since: str | None = None


@cache
def read_rules(path: Path = _RULES) -> Mapping[str, Rules]:
    """The rules of every runtime by name. InputError names an unknown key."""
    return {name: _rules(path, name, entry) for name, entry in read_json(path).items()}


def _rules(path: Path, name: str, entry: Mapping[str, Any]) -> Rules:
    unknown = set(entry) - {one.name for one in fields(Rules)}
    if unknown:
        raise InputError(f"{path}: {name}: unknown key {', '.join(sorted(unknown))}")
    made = {
        "versions": tuple(entry["versions"]),
        "sources": tuple(entry["sources"]),
        "device_ids": {key: DeviceId(**one) for key, one in entry["device_ids"].items()},
        "dtypes": frozenset(entry["dtypes"]),
        "other_names": tuple(entry["other_names"]),
        "forbidden_keys": tuple(entry["forbidden_keys"]),
        "formats": {scheme: _format(one) for scheme, one in entry["formats"].items()},
        "fuses_shared_experts": tuple(
            Fusion(**one | {"models": tuple(one["models"])})
            for one in entry["fuses_shared_experts"]
        ),
    }
    return Rules(name=name, **{**entry, **made})


def _format(entry: Mapping[str, Any]) -> Format:
    block = entry.get("block")
    return Format(**{**entry, "block": tuple(block) if block else None})


def release(version: str) -> tuple[int, ...]:
    """A release to compare with others: ``0.5.5.post3`` is (0, 5, 5, 3). ValueError if it is none.

    Candidates (``rc``) count as the release that they are for.
    """
    parts = re.findall(r"\d+", re.split(r"[+]|rc", version)[0])
    if not re.match(r"\d+\.\d+", version):
        raise ValueError(f"{version!r} is not a version such as 0.5.10")
    return tuple(map(int, parts))
