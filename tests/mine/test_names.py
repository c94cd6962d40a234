"""Whose names are whose, in the folders of both runtimes."""

from __future__ import annotations

import pytest

from scripts.lib.device import devices
from scripts.lib.runtimes.file_name import FileName
from scripts.lib.runtimes.runtime import VLLM
from scripts.mine.names import oddity, sglang_name, vllm_name

STEM = "E=8,N=3584,device_name=NVIDIA_H200"


@pytest.mark.parametrize(
    "ends",
    ["", ",dtype=fp8_w8a8", ",dtype=fp8_w8a8,block_shape=[64,64]", ",dtype=x8,backend=flydsl"],
)
def test_vllms_names(ends: str) -> None:
    name = vllm_name(f"{STEM}{ends}.json")
    assert name is not None and name.device == "NVIDIA_H200"
    assert name.file_name == f"{STEM}{ends}.json"


@pytest.mark.parametrize(
    "path",
    [
        "README",
        f"old/{STEM}.json",
        f"triton_3_1_0/{STEM}.json",
        f"{STEM}_down.json",
        f"{STEM}_otherserver.json",
        f"{STEM},dtype=fp8_w8a8_down.json",
        f"{STEM},dtype=fp8_w8a8,block_shape=[64,64]_x.json",
        f"{STEM},dtype=fp8_w8a8,block_shape=[64, 64].json",
        f"{STEM},dtype=fp8_w8a8,per_channel_quant=True.json",
    ],
)
def test_other_names_in_vllms_folder_are_odd(path: str) -> None:
    assert vllm_name(path) is None


def test_all_parts_of_sglangs_names_are_read() -> None:
    path = (
        "triton_3_5_1/E=65,N=512,device_name=NVIDIA_H20-3e,dtype=fp8_w8a8,"
        "block_shape=[64, 32],per_channel_quant=True_down.json"
    )
    expected = FileName(
        65, 512, "NVIDIA_H20-3e", "fp8_w8a8", "[64,32]", per_channel=True, down=True, gap=" "
    )
    assert sglang_name(path) == (expected, "3.5.1")
    assert sglang_name(f"{STEM}.json") == (FileName(8, 3584, "NVIDIA_H200"), None)


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        f"triton_3_5_1+rocm7/{STEM}.json",
        f"triton_3_6_0rc1/{STEM}.json",
        f"other/{STEM}.json",
        "E=8,N=64,device_name=.json",
        "E=8,N=64,device_name=_down.json",
        f"{STEM}_down_down.json",
        f"{STEM}_otherserver.json",
        f"{STEM},dtype=fp8_w8a8,block_shape=[128,128].json",
        f"{STEM},per_channel_quant=True,dtype=fp8_w8a8.json",
        f"{STEM},per_channel_quant=False.json",
        f"{STEM},dtype=int4_w4a16,backend=flydsl.json",
    ],
)
def test_other_names_in_sglangs_folder_are_odd(path: str) -> None:
    assert sglang_name(path) is None


def test_the_suffix_of_another_loader_is_named() -> None:
    assert "_otherserver is another loader's suffix" in oddity(f"{STEM}_otherserver.json")
    assert "suffix" not in oddity("README.json")


def test_no_known_gpu_has_a_name_that_reads_as_a_suffix() -> None:
    for device in devices():
        assert vllm_name(f"E=8,N=64,device_name={device}.json"), device


@pytest.mark.parametrize(
    ("device", "ends", "reachable"),
    [
        ("NVIDIA_H200", "", True),
        ("NVIDIA_H200_NVL", "", False),
        ("NVIDIA H20", "", False),
        ("NVIDIA_H20", ",dtype=fp8_w8a8,block_shape=[128,128]", True),
        ("NVIDIA_H20", ",dtype=bf16", False),
        ("NVIDIA_H20", ",dtype=float8", False),
        ("NVIDIA_H20", ",dtype=int8_w8a8", False),
        ("AMD_Instinct_MI308X_OAM", "", False),  # a device id that vLLM has another name for
        ("AMD_Instinct_MI350X", ",dtype=int4_w4a16,backend=flydsl", True),
        ("AMD_Instinct_MI350X", ",dtype=fp8_w8a8,backend=flydsl", False),
        ("AMD_Instinct_MI350X", ",dtype=int4_w4a16,backend=other8", False),
    ],
)
def test_reachable_by_the_loader(device: str, ends: str, reachable: bool) -> None:
    name = vllm_name(f"E=8,N=64,device_name={device}{ends}.json")
    assert name is not None and VLLM.reachable(name) is reachable
