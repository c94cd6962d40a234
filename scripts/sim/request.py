"""What a person asks of ``graphx-sim analyze``, read with errors that name the nearest choice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernels.formats import SCHEMES
from scripts.lib.config import (
    ALL_KEYS,
    REQUIRED_KEYS,
    ROCM_KEYS,
    Config,
    ConfigError,
    from_entry,
    parse_id,
)
from scripts.lib.device import Device, Vendor
from scripts.lib.files import InputError
from scripts.lib.names import unknown_name
from scripts.lib.shape import Cell, Shape, parse_shape

# What stands in for a shape, a batch and a config that are not given: Mixtral 8x7B's layer split
# over four GPUs, decode to prefill, and tiles that every GPU's shared memory holds.
DEFAULT_SHAPE = "E8-N3584-K4096-top2-bf16"
DEFAULT_TOKENS = (1, 64, 1024)
_DEFAULT_FEW, _DEFAULT_MANY = "M16-N64-K64-G1-W4-S2", "M64-N128-K64-G8-W4-S2"
_FEW_TOKENS = 64
LANGUAGES = ("triton",)
_NVIDIA_KEYS = ("num_ctas",)


@dataclass(frozen=True)
class Question:
    """One config on one cell."""

    cell: Cell
    config: Config


def read_request(
    device: Device, shape: str | None, tokens: int | None, config: str | None
) -> list[Question]:
    """The questions asked; what is not given comes from the defaults above.

    Raises InputError for a shape, a batch or a config that cannot be.
    """
    layer = read_shape(shape or DEFAULT_SHAPE)
    if tokens is not None and tokens < 1:
        raise InputError(f"--tokens is {tokens}; the least is 1")
    if tokens is not None and tokens >= 10**9:
        raise InputError(f"--tokens is {tokens}; nine digits are the most")
    batches = DEFAULT_TOKENS if tokens is None else (tokens,)
    return [
        Question(Cell(device.name, layer, batch), read_config(config or _default(batch), device))
        for batch in batches
    ]


def _default(tokens: int) -> str:
    return _DEFAULT_FEW if tokens <= _FEW_TOKENS else _DEFAULT_MANY


def read_shape(text: str) -> Shape:
    """A shape id whose scheme is known and whose sizes are at least 1."""
    try:
        shape = parse_shape(text)
    except ValueError as error:
        raise InputError(f"--shape: {error}") from error
    if shape.scheme not in SCHEMES:
        raise unknown_name("scheme", shape.scheme, SCHEMES)
    sizes = {"E": shape.experts, "N": shape.intermediate, "K": shape.hidden, "top": shape.top_k}
    for name, value in sizes.items():
        if value < 1:
            raise InputError(f"--shape {text}: {name} is {value}; the least is 1")
    if shape.top_k > shape.experts:
        raise InputError(f"--shape {text}: top {shape.top_k} of {shape.experts} experts")
    return shape


def read_config(text: str, device: Device) -> Config:
    """A config id, or a JSON object as in a config file, without keys of another vendor."""
    entry = _entry(text) if text.lstrip().startswith("{") else None
    try:
        config = parse_id(text) if entry is None else _from_entry(entry)
    except ConfigError as error:
        raise InputError(f"--config: {error}") from error
    foreign = _NVIDIA_KEYS if device.vendor is Vendor.AMD else tuple(ROCM_KEYS)
    found = [key for key in foreign if key in config.to_entry()]
    if found:
        raise InputError(
            f"--config: {', '.join(found)}: no compiler for {device.name} reads this; leave it out."
            f" Keys there: {', '.join(key for key in ALL_KEYS if key not in foreign)}"
        )
    return config


def _entry(text: str) -> Mapping[str, Any]:
    try:
        entry: Mapping[str, Any] = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"--config: not valid JSON ({error})") from error
    return entry


def _from_entry(entry: Mapping[str, Any]) -> Config:
    for key in entry:
        if key not in ALL_KEYS:
            raise unknown_name("config key", key, ALL_KEYS)
    missing = [key for key in REQUIRED_KEYS if key not in entry]
    if missing:
        raise InputError(
            f"--config: missing key {', '.join(missing)}; a config has {', '.join(REQUIRED_KEYS)}"
        )
    return from_entry(entry)
