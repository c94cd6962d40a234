"""The small model among zeros, for kernels that take no layer as narrow as its own.

It computes the same, since what is added is zero on its way in and out. A norm's mean is over
TIMES as many numbers, so that what it gives is larger by the root of that, a power of two, which
its weights take back exactly; only its epsilon weighs TIMES as much.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from kernels.formats import MX_GROUP

TIMES = 4  # as wide
INTERMEDIATE = 128
_ONE = 127  # e8m0 of one, the scale of blocks of zeros


def widened(
    stored: Mapping[str, Tensor], described: Mapping[str, Any]
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors with their experts in MXFP4 and the config.json, both made wide."""
    wide = described["hidden_size"] * TIMES
    found = {}
    for name, value in stored.items():
        made = _filled(value, _shape(name, value, wide), _ONE if name.endswith("_scales") else 0)
        found[name] = made / math.isqrt(TIMES) if name.endswith("norm.weight") else made
    return found, {**described, "hidden_size": wide, "intermediate_size": INTERMEDIATE}


def _shape(name: str, value: Tensor, wide: int) -> tuple[int, ...]:
    """What a tensor's shape becomes, by its name in the architecture."""
    first, *rest = value.shape
    groups, inner = wide // MX_GROUP, INTERMEDIATE // MX_GROUP
    match name.rpartition(".mlp.experts.")[2]:
        case "gate_up_proj_blocks" | "gate_up_proj_scales":
            return (first, 2 * INTERMEDIATE, groups, *rest[2:])
        case "down_proj_blocks" | "down_proj_scales":
            return (first, wide, inner, *rest[2:])
        case "gate_up_proj_bias":
            return (first, 2 * INTERMEDIATE)
        case "down_proj_bias":
            return (first, wide)
    if name.endswith(("o_proj.weight", "o_proj.bias", "norm.weight")):
        first = wide
    elif name.endswith(("_proj.weight", "router.weight", "embed_tokens.weight", "lm_head.weight")):
        rest = [wide]
    return (first, *rest)


def _filled(value: Tensor, shape: tuple[int, ...], fill: int) -> Tensor:
    made = torch.full(shape, fill, dtype=value.dtype)
    made[tuple(slice(size) for size in value.shape)] = value
    return made
