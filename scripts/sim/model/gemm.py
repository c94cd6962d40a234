"""One of a layer's two GEMMs as the GPU sees it: blocks, programs, what of them runs at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from scripts.sim.arrays import Array
from scripts.sim.model.routing import Routing, expect
from scripts.sim.model.waves import empty


@dataclass(frozen=True)
class Gemm:
    """[rows, k] x [n, k] of each question, an array a field; the rest as in scripts.sim.questions.

    ``rows``: assignments; ``a_rows``: distinct rows of A; ``blocks``: blocks of rows with work,
    ``spread`` their standard deviation;
    ``columns``: blocks of columns; ``steps``: along K; ``idle``: launched programs without rows;
    ``occupancy``: programs a processor holds at once; ``native``: the tile is large enough for
    the GPU's own tensor instructions, ``warpgroups``: and those are issued by four warps together.
    """

    n: Array
    k: Array
    rows: Array
    a_rows: Array
    touched: Array
    blocks: Array
    spread: Array
    columns: Array
    steps: Array
    idle: Array
    occupancy: Array
    native: Array
    warpgroups: Array
    block_m: Array
    block_n: Array
    block_k: Array
    group_m: Array
    warps: Array
    stages: Array
    spills: Array
    lanes: Array
    a_bytes: Array
    b_bytes: Array
    widened: Array
    rescaled: Array
    wide_rows: Array
    processors: Array
    clock_hz: Array
    bandwidth_bytes_s: Array
    l2_bytes: Array
    tensor_flops: Array

    @property
    def programs(self) -> Array:
        """Programs with work."""
        return self.blocks * self.columns

    @cached_property
    def share(self) -> Array:
        """Programs that one processor works off."""
        return self.programs / self.processors

    @cached_property
    def waves(self) -> Array:
        """The same in fills of the processor."""
        return self.share / self.occupancy

    @cached_property
    def empty_share(self) -> Array:
        """Of the last program of each processor, the share that is left empty.

        No parameter is in it, nor in ``empty_waves``: a fit, which asks hundreds of times, takes
        half as long with what was worked out once.
        """
        return empty(self.share, self.spread * self.columns / self.processors)

    @cached_property
    def empty_waves(self) -> Array:
        """Of the last fill of the processors."""
        return empty(self.waves, self.spread * self.columns / self.processors / self.occupancy)

    @property
    def resident(self) -> Array:
        """Programs that the GPU holds at once."""
        return self.processors * self.occupancy

    @property
    def rows_a_block(self) -> Array:
        """Rows of a block that are not padding, on average."""
        return self.rows / self.blocks

    @property
    def useful_flops(self) -> Array:
        """Operations without padding."""
        return 2.0 * self.rows * self.n * self.k

    @property
    def step_flops(self) -> Array:
        """Operations of one program in one step along K, padding included."""
        return 2.0 * self.block_m * self.block_n * self.block_k


def gemms(asked: pd.DataFrame) -> tuple[Gemm, Gemm]:
    """The gate-up GEMM (n = 2N, k = K) and the down GEMM (n = K, k = N) of each question."""
    q = {name: asked[name].to_numpy(float) for name in asked.columns}
    routing = expect(q["E"], q["top_k"], q["tokens"], q["block_m"])
    rows = q["tokens"] * q["top_k"]
    up = _gemm(q, routing, 2.0 * q["N"], q["K"], q["tokens"])
    down = _gemm(q, routing, q["K"], q["N"], rows)
    return up, down


def _gemm(q: dict[str, Array], routing: Routing, n: Array, k: Array, a_rows: Array) -> Gemm:
    columns = np.ceil(n / q["block_n"])
    native = (q["block_m"] >= q["wide_rows"]) & ((q["wide_rows"] == 0) | (q["warps"] % 4 == 0))
    same = {name: q[name] for name in Gemm.__annotations__ if name in q}
    return Gemm(
        **same,
        n=n,
        k=k,
        rows=q["tokens"] * q["top_k"],
        a_rows=a_rows,
        touched=routing.touched,
        blocks=routing.blocks,
        spread=routing.spread,
        columns=columns,
        steps=np.ceil(k / q["block_k"]),
        idle=(routing.bound - routing.blocks) * columns,
        occupancy=_occupancy(q),
        native=native,
        warpgroups=native & (q["wide_rows"] > 0),
    )


def _occupancy(q: dict[str, Array]) -> Array:
    """Programs that fit a processor: by registers (given out in eights), threads, shared memory."""
    threads = q["warps"] * q["lanes"]
    by_registers = q["registers"] + -q["registers"] % 8
    limits = (
        q["registers_limit"] / (np.maximum(by_registers, 8.0) * threads),
        q["threads"] / threads,
        q["shared_limit"] / (q["shared"] + q["shared_reserved"]),
        q["resident_limit"],
    )
    return np.asarray(np.maximum(np.floor(np.minimum.reduce(limits)), 1.0))
