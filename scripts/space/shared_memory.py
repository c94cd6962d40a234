"""Shared memory that one block takes at least, by formula: a prefilter for the compiler.

A software pipeline of S stages keeps S - 1 tiles of every operand that it loads ahead: one has been
consumed before its buffer is filled again. Tensor instructions that read their operands from shared
memory and run on (warpgroup instructions of sm_90, fifth-generation ones of sm_100; from 64 rows,
for four or eight warps, and where no operand has to be converted first) keep all S. Not loaded
ahead are weights that are unpacked by shifts (int4), and tiles too small for every thread to copy
its part. The figure leaves out what the compiler needs for layout conversions and scales, so it can
be exceeded, and the compiler has the last word; the reverse, a formula above the compiler's figure,
is what the tests rule out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kernels.formats import Element, Format

Bytes = NDArray[np.int64]

_ROWS_OF_A_GROUP = 64
_WARPS_OF_A_GROUP = (4, 8)
# Operands that the instructions which read shared memory take as they are stored.
_READ_IN_PLACE = {
    "sm_90": {Element.BF16, Element.FP16, Element.FP8, Element.INT8},
    "sm_100": {Element.BF16, Element.FP16, Element.FP8},
}
# A thread copies at least this much ahead; rows below one matrix instruction are not loaded ahead.
_LEAST_COPY = 4
_LEAST_ROWS = 16


def least_shared_bytes(configs: pd.DataFrame, arch: str, form: Format) -> Bytes:
    """Bytes per block of the fused-MoE GEMM, a lower bound, for every row of a frame of configs."""
    m, n, k, stages, warps = _columns(configs)
    least_tile = _LEAST_COPY * warps * (64 if arch.startswith("gfx") else 32)
    tiles = [np.where(m >= _LEAST_ROWS, m * k * form.a_bits // 8, 0)]
    if form.b is not Element.INT4:
        tiles.append(n * k * form.b_bits // 8)
    ahead = [np.where(tile >= least_tile, tile, 0) for tile in tiles]
    buffers = stages - 1
    if form.a is form.b and form.a in _READ_IN_PLACE.get(arch, ()):
        groups = (m >= _ROWS_OF_A_GROUP) & np.isin(warps, _WARPS_OF_A_GROUP)
        buffers = np.where(groups, stages, buffers)
    least: Bytes = buffers * sum(ahead)
    return least


def both_tiles_bytes(configs: pd.DataFrame, form: Format) -> Bytes:
    """The formula of published filters, (M + N) * K * bytes * stages, which the truth falls below.

    Raises ValueError where activations and weights differ in width, for which it is not defined.
    """
    if form.a_bits != form.b_bits:
        raise ValueError(f"{form.name}: operands of {form.a_bits} and {form.b_bits} bits")
    m, n, k, stages, _ = _columns(configs)
    needed: Bytes = (m + n) * k * stages * form.a_bits // 8
    return needed


def _columns(configs: pd.DataFrame) -> list[Bytes]:
    names = ("block_size_m", "block_size_n", "block_size_k", "num_stages", "num_warps")
    return [configs[name].to_numpy(np.int64) for name in names]
