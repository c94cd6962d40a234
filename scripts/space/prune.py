"""Which configs the published search on ROCm leaves out, in general and for one layer.

The facts of vLLM's tuner, benchmarks/kernels/benchmark_moe.py (2026), which takes them from AMD's
tuning script for Triton GEMMs. On NVIDIA it leaves out nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kernels.formats import Format
from scripts.lib.schemas.space import Rejection
from scripts.lib.search_space import is_narrow

Mask = NDArray[np.bool_]

_LEAST_TILE = 64  # elements of output of one tile
_LDS_BYTES = 65_536
_SMALL_SIDE = 32  # problems with fewer rows or columns use the instruction of 16
_SMALL_TILE = 16  # tiles that are never too large
_LARGE_SIDE = 2048  # GEMMs from this size on both sides get large tiles only
_LARGE_TILE = 64
_LARGE_WARPS = 4


def prune(configs: pd.DataFrame, form: Format) -> pd.Series:
    """Reason (Rejection) why a config is searched for no problem at all, or empty, row by row."""
    m, n, k = _tile(configs)
    instruction = _column(configs, "matrix_instr_nonkdim")
    # The tuner counts bytes of what it takes for an 8-bit or a 16-bit scheme, on both sides.
    lds = (m + n) * k * (1 if is_narrow(form) else 2)
    reasons = pd.Series(None, index=configs.index, dtype=object)
    reasons[lds > _LDS_BYTES] = Rejection.LDS_OVER_64K.value
    reasons[m * n < _LEAST_TILE] = Rejection.TILE_TOO_SMALL.value
    reasons[(instruction > m) | (instruction > n)] = Rejection.INSTRUCTION_OVER_TILE.value
    return reasons


def searched_for_layer(
    configs: pd.DataFrame, form: Format, rows: int, intermediate: int, hidden: int
) -> Mask:
    """Whether the search tries a config on a layer: on either of its two GEMMs.

    ``rows``: tokens times top_k. The gate-up GEMM is rows x 2 * intermediate over hidden, the down
    GEMM rows x hidden over intermediate.
    """
    general = prune(configs, form).isna().to_numpy()
    up = _searched_for_gemm(configs, rows, 2 * intermediate, hidden)
    down = _searched_for_gemm(configs, rows, hidden, intermediate)
    return general & (up | down)


def _searched_for_gemm(configs: pd.DataFrame, rows: int, columns: int, depth: int) -> Mask:
    m, n, k = _tile(configs)
    group = _column(configs, "group_size_m")
    kept: Mask = (depth % k == 0) & ((group == 1) | (group * m <= rows))
    kept &= _instruction_suits(configs, rows, columns)
    for tile, side in ((m, rows), (n, columns)):
        kept &= (tile == _SMALL_TILE) | (tile <= 2 * side)
    if rows >= _LARGE_SIDE and columns >= _LARGE_SIDE:
        kept &= np.minimum(np.minimum(m, n), k) >= _LARGE_TILE
        kept &= _column(configs, "num_warps") >= _LARGE_WARPS
    return kept


def _instruction_suits(configs: pd.DataFrame, rows: int, columns: int) -> Mask:
    """Without the key (0 here) any problem suits."""
    m, n, _ = _tile(configs)
    instruction = _column(configs, "matrix_instr_nonkdim")
    widest = 16 if min(rows, columns) < _SMALL_SIDE else 32
    suits: Mask = instruction <= widest
    for tile, side in ((m, rows), (n, columns)):
        suits &= (instruction < side) | (instruction == tile) | (instruction == 0)
    return suits


def _tile(configs: pd.DataFrame) -> tuple[NDArray[np.int64], ...]:
    return tuple(_column(configs, f"block_size_{side}") for side in "mnk")


def _column(configs: pd.DataFrame, name: str) -> NDArray[np.int64]:
    return configs[name].fillna(0).to_numpy(np.int64)
