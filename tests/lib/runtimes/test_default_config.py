"""vLLM's config without a file, held against its own function cut from the releases."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import pytest
from triton import next_power_of_2
from triton.backends.amd.compiler import HIPOptions
from triton.backends.nvidia.compiler import CUDAOptions

from scripts.lib.config import from_entry, parse_id
from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.runtimes.default_config import (
    BLOCK_SCALED,
    GENERAL,
    NEWEST,
    PACKED,
    RELEASE,
    default_config,
    newest_default,
)
from scripts.lib.runtimes.releases.cut import cut
from scripts.lib.runtimes.releases.wheel import UnreachableError, read_members
from scripts.lib.shape import BATCH_LADDER, Shape

FUSED = "vllm/model_executor/layers/fused_moe/fused_moe.py"


def released(version: str, amd: bool) -> Any:
    """The release's own function, by name."""
    try:
        path = read_members("vllm", version, [FUSED])[FUSED]
    except UnreachableError as error:
        pytest.skip(str(error))
    platform = SimpleNamespace(is_rocm=lambda: amd, is_cuda=lambda: not amd)
    envs = SimpleNamespace(VLLM_BATCH_INVARIANT=False)
    names = ["get_default_config", "should_moe_wna16_use_cuda"]
    given = {"current_platform": platform, "envs": envs, "next_power_of_2": next_power_of_2}
    return cut(path, names, given)


@pytest.mark.parametrize("amd", [False, True])
@pytest.mark.parametrize("version", ["0.20.0", RELEASE, "0.28.0", NEWEST])
@pytest.mark.parametrize("scheme", PACKED)
def test_of_packed_weights_it_says_what_the_release_says(
    scheme: str, version: str, amd: bool
) -> None:
    theirs = released(version, amd)
    options = {one.name: one.default for one in fields(HIPOptions if amd else CUDAOptions)}
    unsaid = {"GROUP_SIZE_M": 1, **{key: options[key] for key in ("num_warps", "num_stages")}}
    for experts in (1, 8, 128, 512):
        shape = Shape(experts, 1024, 2048, min(8, experts), scheme)
        for tokens in (*BATCH_LADDER, 3, 5, 9, 20, 21, 40, 41, 16384):
            told = theirs["get_default_config"](
                tokens, experts, shape.intermediate, shape.hidden, shape.top_k,
                "int4_w4a16", [0, 32 if scheme.endswith("g32") else 128],
            )  # fmt: skip
            assert told.pop("SPLIT_K") == 1
            config = default_config(shape, tokens, version, amd=amd)
            assert config.to_entry() == unsaid | told, (experts, tokens)
            assert parse_id(config.id) == config


@pytest.mark.parametrize("amd", [False, True])
@pytest.mark.parametrize("version", ["0.20.0", RELEASE, "0.28.0", NEWEST])
@pytest.mark.parametrize("scheme", [*GENERAL, *BLOCK_SCALED])
def test_it_is_what_the_release_would_launch(scheme: str, version: str, amd: bool) -> None:
    theirs = released(version, amd)
    # int8_w8a8 has no word of its own there.
    dtype = None if scheme in ("bf16", "fp16", "int8_w8a8") else scheme.removesuffix("_channel")
    block = [128, 128] if scheme in BLOCK_SCALED else None
    for experts in (1, 8, 128, 512):
        shape = Shape(experts, 1024, 2048, min(2, experts), scheme)
        for tokens in (*BATCH_LADDER, 5, 9, 33, 65, 97, 129, 513, 1025, 16384):
            told = theirs["get_default_config"](
                tokens, experts, shape.intermediate, shape.hidden, shape.top_k,
                "fp8_w8a8" if block else dtype, block,
            )  # fmt: skip
            assert told.pop("SPLIT_K") == 1
            config = default_config(shape, tokens, version, amd=amd)
            assert config == from_entry(told), (scheme, experts, tokens)


def test_formats_without_rules_are_named() -> None:
    with pytest.raises(InputError, match="scheme for the default config"):
        default_config(Shape(8, 1024, 2048, 2, "mxfp4_w4a16"), 1)


def test_of_the_newest_release_by_gpu() -> None:
    h200, mi300x = find_device("NVIDIA_H200"), find_device("AMD_Instinct_MI300X")
    shape = Shape(8, 1024, 2048, 2, "fp8_w8a8_b128x128")
    assert newest_default(shape, 1, h200) == default_config(shape, 1, NEWEST)
    assert newest_default(shape, 1, mi300x) == default_config(shape, 1, NEWEST, amd=True)
    assert newest_default(Shape(8, 1024, 2048, 2, "int4_w4a16"), 1, h200) is None
    assert newest_default(shape, 1, find_device("Intel(R)_Arc(TM)_Pro_B60_Graphics")) is None
