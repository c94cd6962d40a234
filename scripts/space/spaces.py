"""The published search spaces, as frames with one column per parameter.

Values: what vLLM's tuner, benchmarks/kernels/benchmark_moe.py, tries (2026). On ROCm its narrow
space serves the schemes that it knows as 8-bit, fp8_w8a8 and int8_w8a16; here it also serves the
other schemes with activations of 8 bits or fewer. Everything else takes the wide one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import cache

import pandas as pd

from kernels.formats import Element, Format
from scripts.lib.config import ALL_KEYS, Config
from scripts.lib.device import Vendor

NVIDIA_SPACE = {
    "block_size_m": (16, 32, 64, 128, 256),
    "block_size_n": (32, 64, 128, 256),
    "block_size_k": (64, 128, 256),
    "group_size_m": (1, 16, 32, 64),
    "num_warps": (4, 8),
    "num_stages": (2, 3, 4, 5),
}
ROCM_NARROW_SPACE = {
    "block_size_m": (16, 32, 64, 128, 256),
    "block_size_n": (16, 32, 64, 128, 256),
    "block_size_k": (32, 64, 128, 256),
    "group_size_m": (1, 4, 8, 16, 32),
    "num_warps": (1, 2, 4, 8),
    "num_stages": (2,),
    "waves_per_eu": (0, 1, 2, 4),
}
ROCM_WIDE_SPACE = ROCM_NARROW_SPACE | {
    "block_size_k": (16, 32, 64, 128, 256),
    "matrix_instr_nonkdim": (16, 32),
    "kpack": (1, 2),
}

_ATTRIBUTES = dict(ALL_KEYS.values())


def published_space(vendor: Vendor, form: Format) -> pd.DataFrame:
    """All configs in ascending order: ``config_id`` and one nullable integer column a parameter.

    NVIDIA 1,920; ROCm 8,000 for narrow schemes and 40,000 for the others. Not to be changed in
    place: it is made once.
    """
    if vendor is Vendor.NVIDIA:
        return _product("nvidia")
    return _product("rocm_narrow" if is_narrow(form) else "rocm_wide")


def is_narrow(form: Format) -> bool:
    """Whether the ROCm search takes a scheme for an 8-bit one."""
    return form.a_bits <= 8 or form.b is Element.INT8


@cache
def _product(name: str) -> pd.DataFrame:
    ranges = {
        "nvidia": NVIDIA_SPACE,
        "rocm_narrow": ROCM_NARROW_SPACE,
        "rocm_wide": ROCM_WIDE_SPACE,
    }[name]
    frame = pd.DataFrame(itertools.product(*ranges.values()), columns=list(ranges))
    return _with_ids(frame)


def frame_of(configs: Iterable[Config]) -> pd.DataFrame:
    """The same columns for any configs, in their order."""
    rows = [{name: getattr(config, name) for name in _ATTRIBUTES} for config in configs]
    return _with_ids(pd.DataFrame(rows, columns=list(_ATTRIBUTES)))


def _with_ids(frame: pd.DataFrame) -> pd.DataFrame:
    """Add absent parameters as empty, and the ids as scripts.lib.config.Config writes them."""
    whole = frame.reindex(columns=list(_ATTRIBUTES)).astype("Int64")
    ids = pd.Series("", index=whole.index, dtype=object)
    for name, letter in _ATTRIBUTES.items():
        part = f"-{letter}" + whole[name].astype("string")
        ids += part.fillna("").astype(object)
    return whole.assign(config_id=ids.str[1:])
