"""What vLLM launches where it finds no config file.

Its rules for layers without quantisation were published in pull request 34846 (first in 0.17.0) and
hold for fp8 and int8 weights under one scale a tensor or a channel too; with scales a block they
are other ones, which changed between 0.24.0 and 0.28.0. For packed weights only the rows of a tile
are set; its kernels choose the rest (scripts.lib.config.OWN_KEYS). Of 0.20.0 to 0.33.0, by four of
which tests hold them. The launch count ``SPLIT_K``, 1 there, is left out.
"""

from __future__ import annotations

from scripts.lib.config import Config
from scripts.lib.device import Device, Vendor
from scripts.lib.names import unknown_name
from scripts.lib.runtimes.few_tokens import few
from scripts.lib.runtimes.rules import release
from scripts.lib.shape import Shape

# The release whose operator is measured, and the newest that the rules hold for.
RELEASE, NEWEST = "0.24.0", "0.33.0"
GENERAL = ("bf16", "fp16", "fp8_w8a8", "fp8_w8a8_channel", "int8_w8a8", "int8_w8a16")
BLOCK_SCALED = ("fp8_w8a8_b128x128",)
PACKED = ("int4_w4a16", "int4_w4a16_g32")
SCHEMES = (*GENERAL, *BLOCK_SCALED, *PACKED)

# (tokens up to which the rule holds, BLOCK_SIZE_M); above the last one, _LARGE_TILE_M.
_TILE_M = ((32, 16), (96, 32), (512, 64))
_LARGE_TILE_M = 128
# From this release on a layer in blocks has narrow tiles for the fewest tokens on NVIDIA's GPUs,
# and packed weights tiles of a power of two rows.
_NARROW_SINCE = "0.28.0"
_AMD_STAGES = 2
# Of packed weights: tokens up to which the rule holds, BLOCK_SIZE_M; above the last one, 64. On
# NVIDIA's GPUs the CUDA kernel for few tokens has tiles of no more rows than tokens.
_PACKED_TILE_M = ((20, 16), (40, 32))
_MOST_ROWS_OF_FEW = 16


def default_config(
    shape: Shape, tokens: int, version: str = RELEASE, *, amd: bool = False
) -> Config:
    """The config for ``tokens`` tokens, before each goes to its top_k experts.

    InputError for a scheme without such rules.
    """
    if shape.scheme in BLOCK_SCALED:
        return _in_blocks(tokens, version, amd)
    if shape.scheme in PACKED:
        return _packed(shape, tokens, version, amd)
    if shape.scheme not in GENERAL:
        raise unknown_name("scheme for the default config", shape.scheme, SCHEMES)
    small, stages = tokens <= 64, 4 if tokens <= 32 else 3
    return Config(
        block_size_m=next((size for most, size in _TILE_M if tokens <= most), _LARGE_TILE_M),
        block_size_n=64 if small else 128,
        block_size_k=128 if small or shape.scheme.startswith("fp8") else 64,
        group_size_m=16 if tokens // shape.experts > 128 else 1,
        num_warps=4 if tokens <= 128 else 8,
        num_stages=_AMD_STAGES if amd else stages,
    )


def _in_blocks(tokens: int, version: str, amd: bool) -> Config:
    narrow = not amd and tokens <= 8 and release(version) >= release(_NARROW_SINCE)
    stages = 4 if narrow and tokens <= 4 else 3
    return Config(
        block_size_m=16 if tokens <= 64 else 64,
        block_size_n=64 if narrow else 128,
        block_size_k=128,
        group_size_m=1 if tokens <= 16 else 32,
        num_warps=4,
        num_stages=_AMD_STAGES if amd else stages,
    )


def _packed(shape: Shape, tokens: int, version: str, amd: bool) -> Config:
    rows = next((size for most, size in _PACKED_TILE_M if tokens <= most), 64)
    if not amd and few(shape, tokens):
        newer = release(version) >= release(_NARROW_SINCE)
        rows = min(_MOST_ROWS_OF_FEW, 1 << (tokens - 1).bit_length() if newer else tokens)
    # Warps and stages: Triton's, where nothing is said.
    return Config(rows, 0, 0, 1, num_warps=4, num_stages=_AMD_STAGES if amd else 3)


def newest_default(shape: Shape, tokens: int, device: Device) -> Config | None:
    """Of the newest release, on a GPU of either vendor; None where it is not known whole."""
    whole = shape.scheme in SCHEMES and shape.scheme not in PACKED
    if not whole or device.vendor not in (Vendor.NVIDIA, Vendor.AMD):
        return None
    return default_config(shape, tokens, NEWEST, amd=device.vendor is Vendor.AMD)
