"""What each runtime asks for; held against the runtimes' own functions in test_table.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.formats import SCHEMES
from scripts.lib.device import devices
from scripts.lib.files import InputError
from scripts.lib.runtimes.file_name import FileName, parse_name
from scripts.lib.runtimes.rules import release
from scripts.lib.runtimes.runtime import RUNTIMES, SGLANG, VLLM, Runtime, triton_folder
from scripts.lib.shape import Shape


def shape(scheme: str) -> Shape:
    return Shape(8, 3584, 4096, 2, scheme)


@pytest.mark.parametrize(
    ("scheme", "device", "vllm", "sglang"),
    [
        ("bf16", "NVIDIA_H200", "NVIDIA_H200", "NVIDIA_H200"),
        ("fp16", "NVIDIA H200 NVL", "NVIDIA_H200", "NVIDIA_H200_NVL"),
        ("fp8_w8a8", "AMD/Instinct  X", "AMD_Instinct_X,dtype=fp8_w8a8",
         "AMD/Instinct__X,dtype=fp8_w8a8"),
        ("fp8_w8a8_b128x128", "NVIDIA_B200", "NVIDIA_B200,dtype=fp8_w8a8,block_shape=[128,128]",
         "NVIDIA_B200,dtype=fp8_w8a8,block_shape=[128, 128]"),
        ("fp8_w8a8_channel", "NVIDIA_B200", "NVIDIA_B200,dtype=fp8_w8a8",
         "NVIDIA_B200,dtype=fp8_w8a8,per_channel_quant=True"),
        ("int8_w8a8", "NVIDIA_B200", None, "NVIDIA_B200,dtype=int8_w8a8,per_channel_quant=True"),
        ("mxfp4_w4a16", "NVIDIA_B200", None, None),
    ],
)  # fmt: skip
def test_names(scheme: str, device: str, vllm: str | None, sglang: str | None) -> None:
    stem = "E=8,N=3584,device_name="
    assert VLLM.file_name(shape(scheme), device) == (vllm and f"{stem}{vllm}.json")
    assert SGLANG.file_name(shape(scheme), device) == (sglang and f"{stem}{sglang}.json")


def test_packed_weights_halve_the_size_in_the_name_where_the_runtime_does_not_undo_it() -> None:
    int4 = shape("int4_w4a16_g32")
    assert "N=3584," in str(VLLM.file_name(int4, "NVIDIA_B200"))
    name = str(SGLANG.file_name(int4, "NVIDIA_B200"))
    assert name == "E=8,N=1792,device_name=NVIDIA_B200,dtype=int4_w4a16.json"
    parsed = parse_name(name)
    assert parsed is not None
    assert (SGLANG.layer_intermediate(parsed), VLLM.layer_intermediate(parsed)) == (3584, 1792)


def test_older_releases_ask_for_older_names() -> None:
    assert "per_channel" not in str(SGLANG.file_name(shape("int8_w8a8"), "X", "0.5.5.post3"))
    assert "per_channel" in str(SGLANG.file_name(shape("int8_w8a8"), "X", "0.5.6"))
    assert (SGLANG.since("int8_w8a8"), SGLANG.since("bf16")) == ("0.5.6", "0.5.5.post3")
    asked = [VLLM.device_name("Radeon_8060S_Graphics", v) for v in ("0.19.1", "0.20.0", None)]
    assert asked == ["Radeon_8060S_Graphics", "AMD_Radeon_8060S", "AMD_Radeon_8060S"]


def test_sglang_has_a_folder_for_each_triton_version() -> None:
    path = SGLANG.path(shape("bf16"), "NVIDIA_H200", "3.6.0+rocm7")
    assert str(path) == "configs/triton_3_6_0/E=8,N=3584,device_name=NVIDIA_H200.json"
    assert str(VLLM.path(shape("bf16"), "NVIDIA_H200", "3.6.0+rocm7")).startswith("E=8,")


@given(st.lists(st.integers(0, 999), min_size=2, max_size=4), st.sampled_from(["", "rc1", "+a.b"]))
def test_the_parts_of_a_triton_folder_are_integers(parts: list[int], ends: str) -> None:
    folder = triton_folder(".".join(map(str, parts)) + ends)
    found = [int(part) for part in folder.removeprefix("triton_").split("_")]
    assert found == [*parts, 0][:3]


def test_a_triton_version_without_digits_is_refused() -> None:
    with pytest.raises(InputError, match="triton 'main': is no version"):
        triton_folder("main")


@pytest.mark.parametrize("runtime", RUNTIMES.values(), ids=lambda one: one.name)
def test_every_scheme_is_read_or_said_why_not(runtime: Runtime) -> None:
    for scheme in SCHEMES:
        assert (runtime.file_name(shape(scheme), "X") is None) == bool(runtime.unread(scheme))
    assert set(runtime.rules.formats) <= set(SCHEMES)


@pytest.mark.parametrize("runtime", RUNTIMES.values(), ids=lambda one: one.name)
@pytest.mark.parametrize("device", devices())
def test_what_it_asks_for_can_be_reached_and_taken_apart(runtime: Runtime, device: str) -> None:
    for scheme in runtime.rules.formats:
        text = str(runtime.file_name(shape(scheme), device))
        name = parse_name(text)
        assert name is not None and name.file_name == text
        assert runtime.reachable(name)
        assert runtime.layer_intermediate(name) == 3584


@pytest.mark.parametrize(
    ("name", "vllm", "sglang"),
    [
        (FileName(8, 64, "NVIDIA_H200_NVL"), False, True),
        (FileName(8, 64, "NVIDIA H20"), False, False),
        (FileName(8, 64, "A/B"), False, True),
        (FileName(8, 64, "AMD_Instinct_MI325_OAM"), False, True),
        (FileName(8, 64, "AMD_Instinct_MI350_OAM"), True, True),
        (FileName(8, 64, "Radeon_8060S_Graphics"), False, True),
        (FileName(8, 64, "AMD_Radeon_8060S"), True, False),
        (FileName(8, 64, "AMD_Radeon_R9700"), True, False),
        (FileName(8, 64, "NVIDIA_H20", "bf16"), False, False),
        (FileName(8, 64, "NVIDIA_H20", "int8_w8a8", per_channel=True), False, True),
        (FileName(8, 64, "NVIDIA_H20", "fp8_w8a8", "[128,128]"), True, False),
        (FileName(8, 64, "NVIDIA_H20", "fp8_w8a8", "[128,128]", gap=" "), False, True),
        (FileName(8, 64, "NVIDIA_H20", down=True), False, True),
        (FileName(8, 64, "NVIDIA_H20", "int4_w4a16", backend="flydsl"), True, False),
        (FileName(8, 64, "NVIDIA_H20", "fp8_w8a8", backend="flydsl"), False, False),
    ],
    ids=lambda value: value.file_name if isinstance(value, FileName) else None,
)
def test_reachable(name: FileName, vllm: bool, sglang: bool) -> None:
    assert (VLLM.reachable(name), SGLANG.reachable(name)) == (vllm, sglang)


def test_shared_experts_are_offered_where_the_runtime_fuses_them() -> None:
    assert SGLANG.shared_experts("DeepSeek-V3", 256) == 1
    assert SGLANG.shared_experts("DeepSeek-V3", 128) == 0
    assert SGLANG.shared_experts("Mixtral-8x7B", 8) == 0
    assert VLLM.shared_experts("DeepSeek-V3", 256) == 0


def test_releases_are_ordered() -> None:
    order = [release(one) for one in ("0.5.5", "0.5.5.post3", "0.5.6rc1", "0.5.10", "0.5.23")]
    assert order == sorted(order)
    assert release("3.6.0+rocm7") == release("3.6.0")
    with pytest.raises(ValueError, match="'main' is not a version"):
        release("main")
