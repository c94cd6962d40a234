"""Names of config files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.device import devices
from scripts.mine.filename import ConfigName, foreign_suffix, parse_name

# The last word of a part of the name holds a capital or a digit; see foreign_suffix.
PART = st.from_regex(r"[A-Za-z0-9_.\-]+", fullmatch=True).map(lambda text: f"{text}8")
OPTION = st.just("") | PART
SIZE = st.integers(1, 10**9 - 1)
BLOCK = st.just("") | st.builds(lambda n, k: f"[{n},{k}]", SIZE, SIZE)


@given(st.builds(ConfigName, SIZE, SIZE, PART, OPTION, BLOCK, OPTION))
def test_a_name_survives_writing_and_parsing(name: ConfigName) -> None:
    assert parse_name(name.file_name) == name


@given(st.text())
def test_what_parses_is_written_as_it_was(text: str) -> None:
    name = parse_name(text)
    assert name is None or name.file_name == text


def test_all_parts_are_read() -> None:
    text = "E=384,N=256,device_name=AMD_Instinct_MI350X,dtype=int4_w4a16,backend=flydsl.json"
    assert parse_name(text) == ConfigName(
        384, 256, "AMD_Instinct_MI350X", "int4_w4a16", "", "flydsl"
    )


@pytest.mark.parametrize(
    "name",
    [
        "README",
        "E=8,N=3584.json",
        "E=08,N=3584,device_name=NVIDIA_H200.json",
        "E=8,N=3584,device_name=.json",
        "E=8,N=99999999999,device_name=NVIDIA_H200.json",
        "E=8,N=3584,device_name=NVIDIA_H200.JSON",
        "E=8,N=3584,device_name=NVIDIA_H200,block_shape=[128, 128].json",
        "E=8,N=3584,device_name=NVIDIA_H200,block_shape=[128,128],dtype=fp8_w8a8.json",
        "E=8,N=3584,device_name=NVIDIA_H200,per_channel_quant=True.json",
        "old/E=8,N=3584,device_name=NVIDIA_H200.json",
        "E=8,N=3584,device_name=NVIDIA_H200_down.json",
        "E=8,N=3584,device_name=NVIDIA_L20_otherserver.json",
        "E=8,N=3584,device_name=NVIDIA_H20,dtype=fp8_w8a8_down.json",
        "E=8,N=3584,device_name=NVIDIA_H20,dtype=fp8_w8a8,block_shape=[64,64]_x.json",
    ],
)
def test_odd_names_do_not_parse(name: str) -> None:
    assert parse_name(name) is None


@pytest.mark.parametrize(
    ("dtype", "block", "scheme"),
    [
        ("", "", "bf16"),
        ("bf16", "", "bf16"),
        ("float8", "", "fp8_w8a8"),
        ("fp8_w8a8", "", "fp8_w8a8"),
        ("fp8_w8a8", "[128,128]", "fp8_w8a8_b128x128"),
        ("int4_w4a16", "[0,32]", "int4_w4a16_b0x32"),
        ("float32", "", "fp32"),
        ("NVFP4-x", "", "nvfp4_x"),
    ],
)
def test_schemes(dtype: str, block: str, scheme: str) -> None:
    assert ConfigName(8, 64, "NVIDIA_H200", dtype, block).scheme == scheme


@pytest.mark.parametrize(
    ("name", "reachable"),
    [
        (ConfigName(8, 64, "NVIDIA_H200"), True),
        (ConfigName(8, 64, "NVIDIA_H20-3e"), True),
        (ConfigName(8, 64, "NVIDIA_H200_NVL"), False),
        (ConfigName(8, 64, "NVIDIA H20"), False),
        (ConfigName(8, 64, "NVIDIA_H20", "fp8_w8a8", "[128,128]"), True),
        (ConfigName(8, 64, "NVIDIA_H20", "bf16"), False),
        (ConfigName(8, 64, "NVIDIA_H20", "float8"), False),
        (ConfigName(8, 64, "NVIDIA_H20", "int8_w8a8", "[128,128]"), False),
        (ConfigName(8, 64, "AMD_Instinct_MI350X", "int4_w4a16", "", "flydsl"), True),
        (ConfigName(8, 64, "AMD_Instinct_MI350X", "fp8_w8a8", "", "flydsl"), False),
        (ConfigName(8, 64, "AMD_Instinct_MI350X", "int4_w4a16", "", "other"), False),
    ],
)
def test_reachable_by_the_loader(name: ConfigName, reachable: bool) -> None:
    assert name.reachable is reachable


def test_the_suffix_of_another_loader_is_named() -> None:
    stem = "E=8,N=3584,device_name=NVIDIA_L20"
    assert foreign_suffix(f"{stem}_otherserver.json") == "_otherserver"
    assert foreign_suffix(f"{stem}.json") is None


def test_no_known_gpu_has_a_name_that_reads_as_a_suffix() -> None:
    for device in devices():
        assert parse_name(f"E=8,N=64,device_name={device}.json"), device
