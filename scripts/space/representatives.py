"""One binary for many configs: parameters that leave a binary's resources alone are left out.

GROUP_SIZE_M changes the order in which programs run, and registers in few binaries. kpack changes
how AMD's operands lie in shared memory; from gfx950 on it is ignored. waves_per_eu makes AMD's
compiler trade registers for spills: legality and shared memory do not depend on it, registers and
spills do from 2 up. The table space_sample shows how far each of these holds, on binaries drawn at
random.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kernels.formats import Format, Scaling
from scripts.lib.config import Config

# What a representative keeps; the other parameters are at their defaults.
KEPT = (
    "block_size_m", "block_size_n", "block_size_k", "num_warps", "num_stages",
    "matrix_instr_nonkdim", "num_ctas",
)  # fmt: skip


def launched(config: Config, form: Format) -> Config:
    """The config as the compiler sees it: no SPLIT_K, no program order, K within a scale block.

    The runtimes cut BLOCK_SIZE_K to the scale block likewise (kernels.variant.effective).
    """
    depth = config.block_size_k
    if form.scaling is Scaling.BLOCK:
        depth = min(depth, form.group_k)
    return replace(config, block_size_k=depth, group_size_m=1, split_k=None)


def representative(config: Config, form: Format) -> Config:
    """The config whose binary stands for this one."""
    plain = replace(launched(config, form), waves_per_eu=None, kpack=None)
    # 0 and an absent key both leave the choice of the instruction to the compiler.
    return replace(plain, matrix_instr_nonkdim=plain.matrix_instr_nonkdim or None)


def representatives(configs: pd.DataFrame, form: Format) -> tuple[pd.Series, list[Config]]:
    """Ids of the representatives, row by row, and those representatives themselves, sorted."""
    kept = configs[list(KEPT)].astype("Int64")
    # Factorising first: 40,000 configs share some hundreds of representatives.
    codes, firsts = _groups(kept)
    found = [
        representative(Config(group_size_m=1, **_present(row)), form)
        for row in kept.iloc[firsts].to_dict("records")
    ]
    ids = np.array([config.id for config in found], dtype=object)
    unique = sorted(set(found), key=lambda config: config.id)
    return pd.Series(ids[codes], index=configs.index, dtype=object), unique


def _groups(kept: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Group of each row, and the first row of each group."""
    rows = kept.fillna(0).to_numpy(np.int64)
    _, firsts, codes = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return codes.ravel(), firsts


def _present(row: Mapping[Hashable, Any]) -> dict[str, int]:
    return {str(name): int(value) for name, value in row.items() if value is not None}
