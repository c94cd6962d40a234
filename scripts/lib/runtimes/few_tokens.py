"""vLLM's CUDA kernel for int4 weights and few tokens, which takes its tile from the file.

Where tokens x top_k <= 6 x experts an NVIDIA GPU runs it in the Triton kernel's stead. It raises
unless BLOCK_SIZE_M is at most 64, and BLOCK_SIZE_K 1, 2, 4 or 8 groups of weights. Source: vLLM's
releases, fused_moe.should_moe_wna16_use_cuda and the kernel's own checks.
"""

from __future__ import annotations

from collections.abc import Mapping

from scripts.lib.config import Config
from scripts.lib.device import Vendor, record_of
from scripts.lib.files import InputError
from scripts.lib.runtimes.runtime import Runtime
from scripts.lib.shape import Shape

_TOKENS_AN_EXPERT = 6
_MOST_ROWS = 64
_GROUPS = (1, 2, 4, 8)


def few(shape: Shape, tokens: int) -> bool:
    """Whether that kernel runs on an NVIDIA GPU, for weights in groups of 32, 64 or 128."""
    return tokens * shape.top_k <= _TOKENS_AN_EXPERT * shape.experts


def check_few_tokens(
    runtime: Runtime, shape: Shape, device: str, configs: Mapping[int, Config]
) -> None:
    """InputError names the batch size whose config that kernel would refuse, and why."""
    group = runtime.rules.formats[shape.scheme].few_tokens_group
    record = record_of(device)
    if group is None or record is None or record.vendor is not Vendor.NVIDIA:
        return
    batches = sorted(configs)
    for place, tokens in enumerate(batches):
        fewest = 1 if place == 0 else (batches[place - 1] + tokens) // 2 + 1
        if not few(shape, fewest):
            return
        config = configs[tokens]
        groups, rest = divmod(config.block_size_k, group)
        fits = config.block_size_k == 0 or (rest == 0 and groups in _GROUPS)  # 0: its own choice
        if config.block_size_m > _MOST_ROWS or not fits:
            raise InputError(
                f"{shape.id}, M = {tokens}: {runtime.name} runs so few tokens by a CUDA kernel that"
                f" wants BLOCK_SIZE_M up to {_MOST_ROWS} and BLOCK_SIZE_K of"
                f" {', '.join(str(group * n) for n in _GROUPS)}; {config.id} is another: choose"
                " one that fits"
            )
