"""Bytes that one GEMM moves: device memory, L2 to processors, shared memory.

Programs run in the order of the kernel's swizzle: GROUP_SIZE_M blocks of rows share one block of
columns before the next. A tile of weights is read from memory once for each group that meets it
again after it has left L2; how much stays is a smooth step at a share of L2's size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.sim.arrays import Array
from scripts.sim.model.gemm import Gemm
from scripts.sim.model.parameters import Parameters

_STEEPNESS = 4.0  # of the step from "stays in L2" to "is gone"
_OUT_BYTES = 2.0  # C is 16 bits wide in every scheme


@dataclass(frozen=True)
class Traffic:
    """Bytes of one GEMM, an entry a question; ``shared_step`` for one program and step along K."""

    weights: Array
    activations: Array
    output: Array
    l2: Array
    l2_step: Array
    shared_step: Array

    @property
    def memory(self) -> Array:
        """To and from device memory."""
        return self.weights + self.activations + self.output


def traffic(gemm: Gemm, p: Parameters) -> Traffic:
    """All levels of one GEMM."""
    kept = gemm.l2_bytes * p.l2_kept
    one_expert = gemm.n * gemm.k * gemm.b_bytes
    blocks_an_expert = gemm.blocks / gemm.touched
    # Blocks of rows that meet a tile of weights while it is in L2 for certain: a group, or as many
    # as run at once.
    together = np.maximum(gemm.group_m, gemm.resident / gemm.columns)
    again = np.maximum(blocks_an_expert / np.minimum(together, blocks_an_expert) - 1.0, 0.0)
    weights = gemm.touched * one_expert * (1.0 + again * _gone(one_expert, kept))
    group_rows = np.minimum(gemm.group_m, gemm.blocks) * gemm.rows_a_block * gemm.k * gemm.a_bytes
    reads = 1.0 + (gemm.columns - 1.0) * _gone(group_rows, kept)
    step = gemm.block_k * (gemm.rows_a_block * gemm.a_bytes + gemm.block_n * gemm.b_bytes)
    output = gemm.rows * gemm.n * _OUT_BYTES
    return Traffic(
        weights=weights,
        activations=gemm.a_rows * gemm.k * gemm.a_bytes * reads,
        output=output,
        l2=gemm.programs * gemm.steps * step + output,
        l2_step=step,
        shared_step=_shared_step(gemm, p.shared_fill),
    )


def _gone(footprint: Array, kept: Array) -> Array:
    """Share of a footprint that has left L2 before it is read again."""
    return 1.0 / (1.0 + (kept / footprint) ** _STEEPNESS)


def _shared_step(gemm: Gemm, fill: float) -> Array:
    """Bytes written to and read from shared memory in one step along K.

    Both tiles are written once. Each warp (a warpgroup of four where instructions are wide) reads
    the rows and the columns of its part of the tile, so parts in a row read A again, parts in a
    column B.
    """
    teams = np.where(gemm.warpgroups, np.maximum(gemm.warps / 4.0, 1.0), gemm.warps)
    rows_of_one = np.where(gemm.warpgroups, gemm.wide_rows, 16.0)
    down = np.clip(gemm.block_m / rows_of_one, 1.0, teams)
    across = teams / down
    a, b = gemm.block_m * gemm.a_bytes, gemm.block_n * gemm.b_bytes
    return gemm.block_k * (a * (fill + across) + b * (fill + down))
