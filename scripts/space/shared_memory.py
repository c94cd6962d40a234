"""Shared memory of one block, by formula: a prefilter for the compiler, which has the last word.

Each pipeline stage holds a tile of the activations and one of the weights. On sm_80, and on sm_90
for blocks of fewer than 64 rows, which are too small for warpgroup instructions and use the same
ones as sm_80, the pipeline keeps ``num_stages - 1`` of them: a stage has been consumed before its
buffer is filled again. With warpgroup instructions, which run on, it keeps all ``num_stages``.
Triton 3.6's own figures for the tiles between the two formulas are held by a test. The prefilter
may let through what the compiler refuses, never the reverse.
"""

from __future__ import annotations

from scripts.lib.config import Config
from scripts.lib.device import Device
from scripts.lib.files import InputError
from scripts.lib.names import unknown_name

# Bytes of one element of a tile; both operands of a 16-bit GEMM have the same format.
ELEMENT_BYTES = {"bf16": 2, "fp16": 2}

_WARPGROUP_ROWS = 64  # least rows of a warpgroup matrix instruction (wgmma) on sm_90
_ARCHITECTURES = ("sm_80", "sm_90")


def shared_bytes(config: Config, device: Device, scheme: str) -> int:
    """Bytes of shared memory that one block of the fused-MoE GEMM takes.

    Raises InputError for a scheme or an architecture whose formula is not known.
    """
    if scheme not in ELEMENT_BYTES:
        raise unknown_name("scheme", scheme, ELEMENT_BYTES)
    if device.arch not in _ARCHITECTURES:
        raise InputError(
            f"device {device.name}: no shared-memory formula for {device.arch};"
            f" there is one for {', '.join(_ARCHITECTURES)}"
        )
    warpgroups = device.arch == "sm_90" and config.block_size_m >= _WARPGROUP_ROWS
    buffers = config.num_stages if warpgroups else config.num_stages - 1
    stage = (config.block_size_m + config.block_size_n) * config.block_size_k
    return stage * ELEMENT_BYTES[scheme] * buffers
