"""Names of config files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.runtimes.file_name import FileName, parse_name

# The last word of a name has a capital or a digit: small letters alone are another loader's word.
PART = st.from_regex(r"[A-Za-z0-9_.\-]*[A-Z0-9]", fullmatch=True)
OPTION = st.just("") | PART
SIZE = st.integers(1, 10**9 - 1)
BLOCK = st.builds(lambda n, k: f"[{n},{k}]", SIZE, SIZE)
NAMES = st.builds(
    FileName, SIZE, SIZE, PART, OPTION, BLOCK, st.booleans(), st.booleans(), OPTION,
    st.sampled_from(["", " "]),
)  # fmt: skip


@given(NAMES)
def test_a_name_survives_writing_and_parsing(name: FileName) -> None:
    assert parse_name(name.file_name) == name


@given(st.text() | NAMES.map(lambda name: name.file_name.replace("_", "")))
def test_what_parses_is_written_as_it_was(text: str) -> None:
    name = parse_name(text)
    assert name is None or name.file_name == text


@pytest.mark.parametrize(
    "name",
    [
        "README",
        "E=08,N=3584,device_name=NVIDIA_H200.json",
        "E=8,N=3584,device_name=.json",
        "E=8,N=3584,device_name=NVIDIA_H200,block_shape=[128,  128].json",
        "E=8,N=3584,device_name=NVIDIA_H200,block_shape=[128,128],dtype=fp8_w8a8.json",
        "E=8,N=3584,device_name=NVIDIA_A800-SXM4-80GB_lmdeploy.json",
        "E=8,N=3584,device_name=NVIDIA_L40S,dtype=fp8_w8a8_tuned.json",
    ],
)
def test_odd_names_do_not_parse(name: str) -> None:
    assert parse_name(name) is None


@pytest.mark.parametrize(
    ("ends", "scheme"),
    [
        ("", "bf16"),
        (",dtype=float8", "fp8_w8a8"),
        (",dtype=fp8_w8a8,block_shape=[128, 128]", "fp8_w8a8_b128x128"),
        (",dtype=fp8_w8a8,per_channel_quant=True", "fp8_w8a8_channel"),
        (",dtype=int8_w8a8,per_channel_quant=True", "int8_w8a8"),
        (",dtype=fp8_w8a8_down", "fp8_w8a8"),
        (",dtype=int4_w4a16,block_shape=[0,32]", "int4_w4a16_b0x32"),
        (",dtype=float32", "fp32"),
    ],
)
def test_schemes(ends: str, scheme: str) -> None:
    found = parse_name(f"E=8,N=64,device_name=NVIDIA_H200{ends}.json")
    assert found is not None
    assert (found.scheme, found.device) == (scheme, "NVIDIA_H200")
    assert found.down == ends.endswith("_down")
