"""What is written for each runtime."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.lib.config import Config, from_entry
from scripts.lib.files import InputError
from scripts.lib.runtimes.body import body
from scripts.lib.runtimes.files import unread, write_runtime_files
from scripts.lib.runtimes.runtime import RUNTIMES, SGLANG, VLLM
from scripts.lib.shape import BATCH_LADDER, Shape

CONFIGS = {tokens: Config(16, 64, 128, 1, 4, 3) for tokens in reversed(BATCH_LADDER)}
H200 = "NVIDIA_H200"


def shape(scheme: str) -> Shape:
    return Shape(8, 3584, 4096, 2, scheme)


def text(runtime: str, scheme: str, configs: dict[int, Config] = CONFIGS) -> str:
    return body(RUNTIMES[runtime], shape(scheme), H200, configs, "3.6.0")


def test_the_body_holds_the_whole_ladder_in_ascending_order() -> None:
    read = json.loads(text("vllm", "bf16"))
    assert list(read) == ["triton_version", *map(str, BATCH_LADDER)]
    assert from_entry(read["64"]) == CONFIGS[64]
    assert text("vllm", "bf16").endswith("}\n")
    # SGLang's loader makes an integer of every key.
    assert [int(key) for key in json.loads(text("sglang", "bf16"))] == list(BATCH_LADDER)


def test_own_batch_sizes_stand_in_their_place() -> None:
    keys = list(json.loads(text("sglang", "bf16", CONFIGS | {40: CONFIGS[1], 8192: CONFIGS[1]})))
    assert list(map(int, keys)) == sorted([*BATCH_LADDER, 40, 8192])


@pytest.mark.parametrize("scheme", ["int4_w4a16", "int8_w8a16"])
def test_split_k_is_written_for_vllm_and_never_for_sglang(scheme: str) -> None:
    split = {tokens: replace(config, split_k=1) for tokens, config in CONFIGS.items()}
    for configs in (CONFIGS, split):
        assert json.loads(text("vllm", scheme, configs))["1"]["SPLIT_K"] == 1
        assert "SPLIT_K" not in json.loads(text("sglang", scheme, configs))["1"]
    assert "SPLIT_K" not in json.loads(text("vllm", "bf16"))["1"]


@pytest.mark.parametrize("config", [Config(128, 64, 128, 1, 4, 3), Config(16, 64, 64, 1, 4, 3)])
def test_a_tile_that_vllms_kernel_for_few_tokens_refuses_is_refused(config: Config) -> None:
    few = {tokens: config if tokens == 24 else known for tokens, known in CONFIGS.items()}
    with pytest.raises(InputError, match="M = 24: vllm runs so few tokens by a CUDA kernel"):
        text("vllm", "int4_w4a16", few)
    assert text("sglang", "int4_w4a16", few)
    # 6 x 8 experts / top 2: from 25 tokens on the Triton kernel runs, which key 32 serves from 29.
    many = {tokens: config if tokens >= 32 else known for tokens, known in CONFIGS.items()}
    assert text("vllm", "int4_w4a16", many)
    assert body(VLLM, shape("int4_w4a16"), "AMD_Instinct_MI300X", few, "3.6.0")


def test_keys_of_amd_are_refused_for_another_vendor() -> None:
    amd = {tokens: replace(config, waves_per_eu=0) for tokens, config in CONFIGS.items()}
    with pytest.raises(InputError, match="has waves_per_eu, which only AMD's GPUs take"):
        text("vllm", "bf16", amd)
    assert body(SGLANG, shape("bf16"), "AMD_Instinct_MI300X", amd, "3.6.0")


def test_a_file_with_a_gap_is_not_written(tmp_path: Path) -> None:
    less = {tokens: config for tokens, config in CONFIGS.items() if tokens != 96}
    with pytest.raises(InputError, match="no config for M = 96"):
        write_runtime_files(tmp_path, shape("bf16"), H200, less, "3.6.0")
    assert not any(tmp_path.iterdir())


def test_paths_are_of_the_written_files(tmp_path: Path) -> None:
    paths = write_runtime_files(tmp_path, shape("int8_w8a8"), H200, CONFIGS, "3.6.0")
    assert paths["vllm"] is None
    assert paths["sglang"] == next(path for path in tmp_path.rglob("*") if path.is_file())


def test_why_no_file_is_read() -> None:
    assert unread("bf16") is None
    assert unread("int8_w8a8") is None
    assert str(unread("nvfp4")).startswith(
        "no runtime reads a config file for nvfp4: vllm looks up"
    )
