"""The launch parameters of one kernel, and their canonical id.

A config is written in the key names that the public config files use. Two configs with the same
parameters have the same id, whatever the order or the file they came from; an absent vendor key
is not the same as a present one, because the runtime passes on exactly what the file holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

# key in a config file -> (attribute, letter in the id). The order is the order in the id.
REQUIRED_KEYS = {
    "BLOCK_SIZE_M": ("block_size_m", "M"),
    "BLOCK_SIZE_N": ("block_size_n", "N"),
    "BLOCK_SIZE_K": ("block_size_k", "K"),
    "GROUP_SIZE_M": ("group_size_m", "G"),
    "num_warps": ("num_warps", "W"),
    "num_stages": ("num_stages", "S"),
}
# Keys that a kernel sets itself where its entry lacks them: vLLM's for packed weights, by layer and
# tokens, unlike for both GEMMs. A 0 stands for them in an id, and nothing in an entry.
OWN_KEYS = ("BLOCK_SIZE_N", "BLOCK_SIZE_K")
# Keys that only AMD's backend reads. https://rocm.docs.amd.com, "Optimizing Triton kernels".
ROCM_KEYS = {
    "waves_per_eu": ("waves_per_eu", "E"),
    "matrix_instr_nonkdim": ("matrix_instr_nonkdim", "I"),
    "kpack": ("kpack", "P"),
}
# SPLIT_K stands in int4 files (always 1 there), num_ctas in one Hopper-era file (always 1).
OTHER_KEYS = {"SPLIT_K": ("split_k", "X"), "num_ctas": ("num_ctas", "C")}
OPTIONAL_KEYS = ROCM_KEYS | OTHER_KEYS
ALL_KEYS = REQUIRED_KEYS | OPTIONAL_KEYS

_ID_PART = re.compile(r"([A-Z])(\d+)")


class ConfigError(ValueError):
    """A mapping or an id that is not a config; the message names the key and the fix."""


@dataclass(frozen=True, order=True)
class Config:
    """Launch parameters. Tile sizes in elements, ``num_warps`` in warps (waves on ROCm).

    ``block_size_n``, ``block_size_k``: 0 where they are left to the kernel (OWN_KEYS).
    """

    block_size_m: int
    block_size_n: int
    block_size_k: int
    group_size_m: int
    num_warps: int
    num_stages: int
    waves_per_eu: int | None = None
    matrix_instr_nonkdim: int | None = None
    kpack: int | None = None
    split_k: int | None = None
    num_ctas: int | None = None

    @cached_property
    def id(self) -> str:
        """Canonical id, for example ``M16-N64-K128-G1-W4-S3``."""
        parts = ((letter, getattr(self, name)) for name, letter in ALL_KEYS.values())
        return "-".join(f"{letter}{value}" for letter, value in parts if value is not None)

    def to_entry(self) -> dict[str, int]:
        """The mapping as it stands in a config file; absent keys stay absent."""
        pairs = ((key, getattr(self, name)) for key, (name, _) in ALL_KEYS.items())
        return {
            key: value
            for key, value in pairs
            if value is not None and (value != 0 or key not in OWN_KEYS)
        }

    def without_vendor_keys(self) -> Config:
        """The same config without the keys that only AMD's backend reads."""
        return replace(self, waves_per_eu=None, matrix_instr_nonkdim=None, kpack=None)


def _positive_int(key: str, value: Any) -> int:
    lowest = 0 if key in ("waves_per_eu", "matrix_instr_nonkdim") else 1
    if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
        raise ConfigError(f"{key} is {value!r}, which is not an integer from {lowest} up")
    return value


def from_entry(entry: Mapping[str, Any]) -> Config:
    """Read one entry of a config file.

    Raises ConfigError naming missing keys, unknown keys or the key whose value is no integer.
    """
    missing = [key for key in REQUIRED_KEYS if key not in entry]
    unknown = [str(key) for key in entry if key not in ALL_KEYS]
    if unknown:
        raise ConfigError(f"unknown key {', '.join(unknown)}; known: {', '.join(ALL_KEYS)}")
    if missing:
        raise ConfigError(f"missing key {', '.join(missing)}")
    values = {ALL_KEYS[key][0]: _positive_int(key, value) for key, value in entry.items()}
    return Config(**values)


# Tables name a few thousand configs hundreds of thousands of times.
@lru_cache(1 << 16)
def parse_id(text: str) -> Config:
    """The inverse of ``Config.id``. Raises ConfigError on anything that is not such an id."""
    by_letter = {letter: key for key, (_, letter) in ALL_KEYS.items()}
    parts = [_ID_PART.fullmatch(part) for part in text.split("-")]
    if not all(parts) or any(part and part[1] not in by_letter for part in parts):
        raise ConfigError(f"{text!r} is not a config id such as M16-N64-K128-G1-W4-S3")
    entry = {by_letter[part[1]]: int(part[2]) for part in parts if part}
    own = [key for key in OWN_KEYS if entry.get(key) == 0]
    config = from_entry(entry | dict.fromkeys(own, 1))
    config = replace(config, **{ALL_KEYS[key][0]: 0 for key in own})
    if config.id != text:
        raise ConfigError(f"{text!r} is not canonical; write {config.id}")
    return config
