"""Stand-ins for what the releases' functions report to or read from the machine."""

from __future__ import annotations

import functools
import json
import os
from types import SimpleNamespace
from typing import Any

import torch
import triton
import triton.language as tl

from scripts.lib.runtimes.releases.request import Request


def silent(*_args: Any, **_kwargs: Any) -> None:
    """Says nothing, whatever it is told."""


LOGGER = SimpleNamespace(
    info=silent, info_once=silent, warning=silent, warning_once=silent, debug=silent
)


def launch_tensors(tokens: int, request: Request) -> dict[str, Any]:
    """Arguments of a launch of gate-up by name: tensors without data."""
    top_k, hidden = request.shape.top_k, request.shape.hidden
    experts, rows, stored = request.weight_shapes[0]
    group = (request.block_shape or [0, 0])[1]

    def empty(*size: int, dtype: torch.dtype = torch.bfloat16) -> torch.Tensor:
        return torch.empty(size, dtype=dtype, device="meta")

    ids = torch.int32
    return {
        "A": empty(tokens, hidden),
        "B": empty(experts, rows, stored, dtype=torch.uint8 if group else torch.bfloat16),
        "C": empty(tokens, top_k, rows),
        "B_scale": empty(experts, rows, hidden // group) if group else None,
        "topk_weights": empty(tokens, top_k, dtype=torch.float32),
        "topk_ids": empty(tokens, top_k, dtype=ids),
        "sorted_token_ids": empty(tokens * top_k + 128 * experts, dtype=ids),
        "expert_ids": empty(experts, dtype=ids),
        "num_tokens_post_padded": empty(1, dtype=ids),
        "compute_type": tl.bfloat16,
    }


COMMON = {
    "functools": functools, "json": json, "os": os, "torch": torch, "triton": triton, "tl": tl,
    "logger": LOGGER, "cache": functools.cache, "lru_cache": functools.lru_cache,
}  # fmt: skip
