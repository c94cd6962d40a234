"""Names of SGLang's config files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.mine.sglang_name import SglangName, parse_sglang

PART = st.from_regex(r"[A-Za-z0-9_.()\-]+", fullmatch=True).map(lambda text: f"{text}8")
SIZE = st.integers(1, 10**9 - 1)
BLOCK = st.just("") | st.builds(lambda n, k: f"[{n},{k}]", SIZE, SIZE)
VERSION = st.none() | st.lists(st.integers(0, 99), min_size=2, max_size=4).map(
    lambda parts: ".".join(map(str, parts))
)
FLAG = st.booleans()


@given(st.builds(SglangName, SIZE, SIZE, PART, st.just("") | PART, BLOCK, FLAG, FLAG, VERSION))
def test_a_name_survives_writing_and_parsing(name: SglangName) -> None:
    assert parse_sglang(name.path) == name


@given(st.text())
def test_what_parses_is_written_as_it_was(text: str) -> None:
    name = parse_sglang(text)
    assert name is None or name.path == text


def test_all_parts_are_read() -> None:
    path = (
        "triton_3_5_1/E=65,N=512,device_name=NVIDIA_H20-3e,dtype=fp8_w8a8,"
        "block_shape=[64, 32],per_channel_quant=True_down.json"
    )
    expected = SglangName(65, 512, "NVIDIA_H20-3e", "fp8_w8a8", "[64,32]", True, True, "3.5.1")
    assert parse_sglang(path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "triton_3_5_1+rocm7/E=8,N=64,device_name=NVIDIA_H200.json",
        "triton_3_6_0rc1/E=8,N=64,device_name=NVIDIA_H200.json",
        "other/E=8,N=64,device_name=NVIDIA_H200.json",
        "E=8,N=64,device_name=.json",
        "E=8,N=64,device_name=_down.json",
        "E=8,N=64,device_name=NVIDIA_H200_down_down.json",
        "E=8,N=64,device_name=NVIDIA_H200_otherserver.json",
        "E=8,N=64,device_name=NVIDIA H200.json",
        "E=8,N=64,device_name=NVIDIA_H200,dtype=fp8_w8a8,block_shape=[128,128].json",
        "E=8,N=64,device_name=NVIDIA_H200,per_channel_quant=True,dtype=fp8_w8a8.json",
        "E=8,N=64,device_name=NVIDIA_H200,per_channel_quant=False.json",
    ],
)
def test_odd_names_do_not_parse(path: str) -> None:
    assert parse_sglang(path) is None


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        (SglangName(8, 64, "NVIDIA_H200"), "bf16"),
        (SglangName(8, 64, "NVIDIA_H200", "fp8_w8a8"), "fp8_w8a8"),
        (SglangName(8, 64, "NVIDIA_H200", "fp8_w8a8", "", True), "fp8_w8a8_channel"),
        (SglangName(8, 64, "NVIDIA_H200", "fp8_w8a8", "[128,128]"), "fp8_w8a8_b128x128"),
        (SglangName(8, 64, "NVIDIA_H200", "int8_w8a8"), "int8_w8a8"),
        (SglangName(8, 64, "NVIDIA_H200", "int8_w8a8", "", True), "int8_w8a8"),
    ],
)
def test_schemes(name: SglangName, scheme: str) -> None:
    assert name.scheme == scheme
