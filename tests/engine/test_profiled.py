"""Kernels summed by name and class; the time in which any ran, by brute force."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from scripts.engine.profiled import busy_us, by_class, class_of, kernels_of


def event(start: float, end: float, device: str = "DeviceType.CUDA") -> SimpleNamespace:
    return SimpleNamespace(time_range=SimpleNamespace(start=start, end=end), device_type=device)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50)), min_size=1, max_size=30))
def test_busy_time_is_the_union(spans):
    seen = np.zeros(300, dtype=bool)
    for start, length in spans:
        seen[start : start + length] = True
    events = [event(start, start + length) for start, length in spans]
    assert busy_us([*events, event(0, 999, "DeviceType.CPU")]) == pytest.approx(seen.sum())


def test_without_a_device_nothing_is_busy():
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
        torch.ones(8).sum()
    assert all(event.time_range.end >= event.time_range.start for event in profiler.events())
    assert busy_us(profiler.events()) is None


def test_kernels_by_name_the_longest_first():
    averages = [SimpleNamespace(key="a", count=2, self_device_time_total=10.0),
                SimpleNamespace(key="fused_moe_kernel", count=4, self_device_time_total=100.0),
                SimpleNamespace(key="aten::op", count=4, self_device_time_total=0.0)]  # fmt: skip
    found = kernels_of(averages)
    assert [row["name"] for row in found] == ["fused_moe_kernel", "a"]
    assert found[0]["mean_us"] == 25.0
    summed = by_class(found)
    assert (summed["moe_gemm"], summed["rest"], summed["all"]) == (100.0, 10.0, 110.0)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("fused_moe_kernel", "moe_gemm"),
        ("void marlin_moe_wna16::Marlin<1>", "moe_gemm"),
        ("void vllm::moe::moe_align_block_size_kernel<int>", "moe_align"),
        (
            "void cutlass::device_kernel<flash::enable_sm90_or_later<flash::FlashAttnFwdSm90",
            "attention",
        ),
        ("kernel_unified_attention", "attention"),
        ("nvjet_sm90_tst_64x8_64x16_1x2_h_bz_TNT", "rest"),
    ],
)
def test_classes_by_what_names_hold(name, kind):
    assert class_of(name) == kind
