"""What vLLM launches where it finds no config file, on an NVIDIA GPU.

Its rules for layers without quantisation were published in pull request 34846 (first in 0.17.0) and
hold for fp8 and int8 weights under one scale a tensor or a channel too; with scales a block they
are other ones. As in 0.24.0, by which tests hold them. The launch count ``SPLIT_K``, 1 there, is
left out.
"""

from __future__ import annotations

from scripts.lib.config import Config
from scripts.lib.names import unknown_name
from scripts.lib.shape import Shape

RELEASE = "0.24.0"
GENERAL = ("bf16", "fp16", "fp8_w8a8", "fp8_w8a8_channel", "int8_w8a16")
BLOCK_SCALED = ("fp8_w8a8_b128x128",)
SCHEMES = (*GENERAL, *BLOCK_SCALED)

# (tokens up to which the rule holds, BLOCK_SIZE_M); above the last one, _LARGE_TILE_M.
_TILE_M = ((32, 16), (96, 32), (512, 64))
_LARGE_TILE_M = 128


def default_config(shape: Shape, tokens: int) -> Config:
    """The config for ``tokens`` tokens, before each goes to its top_k experts.

    InputError for a scheme with rules of its own (packed weights) or without any.
    """
    if shape.scheme in BLOCK_SCALED:
        return Config(16 if tokens <= 64 else 64, 128, 128, 1 if tokens <= 16 else 32, 4, 3)
    if shape.scheme not in GENERAL:
        raise unknown_name("scheme for the default config", shape.scheme, SCHEMES)
    few = tokens <= 64
    return Config(
        block_size_m=next((size for most, size in _TILE_M if tokens <= most), _LARGE_TILE_M),
        block_size_n=64 if few else 128,
        block_size_k=128 if few or shape.scheme.startswith("fp8") else 64,
        group_size_m=16 if tokens // shape.experts > 128 else 1,
        num_warps=4 if tokens <= 128 else 8,
        num_stages=4 if tokens <= 32 else 3,
    )
