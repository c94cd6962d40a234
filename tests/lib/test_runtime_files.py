"""Files as the runtimes look them up."""

from __future__ import annotations

import json

import pytest

from scripts.lib.config import Config, from_entry
from scripts.lib.files import InputError
from scripts.lib.runtime_files import body, sglang_path, vllm_path, write_runtime_files
from scripts.lib.shape import BATCH_LADDER, Shape

CONFIGS = {tokens: Config(16, 64, 128, 1, 4, 3) for tokens in reversed(BATCH_LADDER)}


def shape(scheme: str) -> Shape:
    return Shape(8, 3584, 4096, 2, scheme)


@pytest.mark.parametrize(
    ("scheme", "device", "vllm", "sglang"),
    [
        ("bf16", "NVIDIA_H200", "NVIDIA_H200.json", "NVIDIA_H200.json"),
        ("fp16", "NVIDIA H200 NVL", "NVIDIA_H200.json", "NVIDIA_H200_NVL.json"),
        ("fp8_w8a8", "AMD/Instinct  X", "AMD_Instinct_X,dtype=fp8_w8a8.json",
         "AMD/Instinct__X,dtype=fp8_w8a8.json"),
        ("fp8_w8a8_b128x128", "NVIDIA_B200",
         "NVIDIA_B200,dtype=fp8_w8a8,block_shape=[128,128].json",
         "NVIDIA_B200,dtype=fp8_w8a8,block_shape=[128, 128].json"),
        ("fp8_w8a8_channel", "NVIDIA_B200", "NVIDIA_B200,dtype=fp8_w8a8.json",
         "NVIDIA_B200,dtype=fp8_w8a8,per_channel_quant=True.json"),
        ("int4_w4a16_g32", "NVIDIA_B200", "NVIDIA_B200,dtype=int4_w4a16.json",
         "NVIDIA_B200,dtype=int4_w4a16.json"),
        ("int8_w8a8", "NVIDIA_B200", None, "NVIDIA_B200,dtype=int8_w8a8.json"),
        ("mxfp4_w4a16", "NVIDIA_B200", None, None),
    ],
)  # fmt: skip
def test_names(scheme, device, vllm, sglang):
    stem = "E=8,N=3584,device_name="
    found = vllm_path(shape(scheme), device)
    assert (found and str(found)) == (vllm and stem + vllm)
    found = sglang_path(shape(scheme), device, "3.6.0")
    assert (found and str(found)) == (sglang and f"configs/triton_3_6_0/{stem}{sglang}")


def test_the_body_holds_the_whole_ladder_in_ascending_order():
    text = body(shape("bf16"), CONFIGS, "3.6.0")
    read = json.loads(text)
    assert list(read) == ["triton_version", *map(str, BATCH_LADDER)]
    assert from_entry(read["64"]) == CONFIGS[64]
    assert text.endswith("}\n")
    # SGLang's loader makes an integer of every key.
    assert [int(key) for key in json.loads(body(shape("bf16"), CONFIGS))] == list(BATCH_LADDER)


def test_packed_weights_have_their_split_k():
    assert json.loads(body(shape("int4_w4a16"), CONFIGS))["1"]["SPLIT_K"] == 1
    assert "SPLIT_K" not in json.loads(body(shape("bf16"), CONFIGS))["1"]


def test_a_file_with_a_gap_is_not_written(tmp_path):
    less = {tokens: config for tokens, config in CONFIGS.items() if tokens != 96}
    with pytest.raises(InputError, match="no config for M = 96"):
        write_runtime_files(tmp_path, shape("bf16"), "NVIDIA_H200", less, "3.6.0")
    assert not any(tmp_path.iterdir())
