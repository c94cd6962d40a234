"""Shared memory that one block takes at least, by formula: a prefilter for the compiler.

A software pipeline of S stages keeps S - 1 tiles of every operand that it loads ahead: one has been
consumed before its buffer is filled again. Tensor instructions that read their operands from shared
memory and run on (warpgroup instructions of sm_90, fifth-generation ones of sm_100, both from 64
rows and where no operand has to be converted first) keep all S. Weights that are unpacked by shifts
(int4) are not loaded ahead. The figure leaves out what the compiler needs for layout conversions
and scales, so it can be exceeded, and the compiler has the last word; the reverse, a formula above
the compiler's figure, is what the tests rule out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kernels.formats import Element, Format

_ROWS_OF_A_GROUP = 64
# Operands that the instructions which read shared memory take as they are stored.
_READ_IN_PLACE = {
    "sm_90": {Element.BF16, Element.FP16, Element.FP8, Element.INT8},
    "sm_100": {Element.BF16, Element.FP16, Element.FP8},
}


def least_shared_bytes(configs: pd.DataFrame, arch: str, form: Format) -> NDArray[np.int64]:
    """Bytes per block of the fused-MoE GEMM, a lower bound, for every row of a frame of configs."""
    m, n, k, stages = (
        configs[name].to_numpy(np.int64)
        for name in ("block_size_m", "block_size_n", "block_size_k", "num_stages")
    )
    buffers = stages - 1
    if form.a is form.b and form.a in _READ_IN_PLACE.get(arch, ()):
        buffers = np.where(m >= _ROWS_OF_A_GROUP, stages, buffers)
    tile_bits = m * k * form.a_bits
    if form.b is not Element.INT4:
        tile_bits += n * k * form.b_bits
    least: NDArray[np.int64] = buffers * tile_bits // 8
    return least


def both_tiles_bytes(configs: pd.DataFrame, form: Format) -> NDArray[np.int64]:
    """The formula of published filters, (M + N) * K * bytes * stages, which the truth falls below.

    Raises ValueError where activations and weights differ in width, for which it is not defined.
    """
    if form.a_bits != form.b_bits:
        raise ValueError(f"{form.name}: operands of {form.a_bits} and {form.b_bits} bits")
    m, n, k, stages = (
        configs[name].to_numpy(np.int64)
        for name in ("block_size_m", "block_size_n", "block_size_k", "num_stages")
    )
    needed: NDArray[np.int64] = (m + n) * k * stages * form.a_bits // 8
    return needed
