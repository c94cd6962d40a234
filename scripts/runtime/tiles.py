"""Tiles around the default config for packed weights, which only the runtime's own kernels compute.

graphx-sim knows graphx's kernels; of the runtime's two for packed weights it predicts nothing. So
a layer is offered the few tiles that either kernel takes beside its default one.
"""

from __future__ import annotations

from scripts.lib.config import Config
from scripts.lib.names import unknown_name
from scripts.lib.runtimes.default_config import PACKED, default_config
from scripts.lib.runtimes.few_tokens import few
from scripts.lib.shape import Cell

# The CUDA kernel for few tokens takes 1, 2, 4 or 8 groups of weights, which divide both GEMMs.
_WIDE, _GROUPS = (128, 256, 512), (1, 2, 4)
# The Triton kernel: rows, columns, depth of a tile, warps and stages. On an H200 a depth beyond the
# default's 32 took 1.6 to 2 times as long on three layers.
_TILES = (
    (16, 64, 32, 4, 3), (32, 64, 32, 4, 3), (32, 128, 32, 4, 3), (64, 128, 32, 4, 3),
    (128, 64, 32, 4, 3), (64, 64, 32, 4, 2), (64, 64, 32, 4, 4), (64, 64, 32, 8, 3),
    (32, 64, 64, 4, 3),
)  # fmt: skip


def tiles(cell: Cell) -> list[str]:
    """Config ids for an NVIDIA GPU, without the default. InputError for other schemes."""
    shape = cell.shape
    if shape.scheme not in PACKED:
        raise unknown_name("scheme of packed weights", shape.scheme, PACKED)
    if not few(shape, cell.tokens):
        return [Config(m, n, k, 1, warps, stages).id for m, n, k, warps, stages in _TILES]
    rows = default_config(shape, cell.tokens).block_size_m
    group = 32 if shape.scheme.endswith("_g32") else 128
    deep = [
        group * count
        for count in _GROUPS
        if shape.hidden % (group * count) == shape.intermediate % (group * count) == 0
    ]
    return [Config(rows, wide, one, 1, 4, 3).id for wide in _WIDE for one in deep]
