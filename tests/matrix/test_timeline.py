"""Profiles: what ran, what started it, how long the GPU waited."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scripts.matrix.timeline import Event, part_of, shares, timeline

SPANS = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 400)), min_size=1, max_size=30)


@given(SPANS)
def test_busy_is_the_length_of_the_union(spans: list[tuple[int, int]]) -> None:
    events = [Event("k", True, start, length) for start, length in spans]
    found = timeline(events, 1)
    covered = {at for start, length in spans for at in range(start, start + length)}
    span = max(a + n for a, n in spans) - min(a for a, _ in spans)
    assert found["busy_us"] == len(covered) / 1e3
    assert found["span_us"] == span / 1e3
    assert abs(found["idle_us"] - (span - len(covered)) / 1e3) < 1e-9


def test_kernels_are_summed_by_name_and_starts_are_counted() -> None:
    events = [
        Event("a", True, 0, 1000), Event("b", True, 5000, 500), Event("a", True, 9000, 2000),
        Event("cudaGraphLaunch", False, 0, 10), Event("cudaGraphLaunch", False, 1, 10),
        Event("aten::add", False, 2, 10),
    ]  # fmt: skip
    found = timeline(events, 2)
    assert found["kernels"] == [
        {"name": "a", "calls": 2, "total_us": 3.0}, {"name": "b", "calls": 1, "total_us": 0.5}
    ]  # fmt: skip
    assert found["calls"] == {"cudaGraphLaunch": 2}
    assert found["gaps"] == 2


def test_parts_are_told_by_names_as_a_real_profile_has_them() -> None:
    names = {
        "_matmul_ogs_NNT_bf16xbf16xmxfp4_16x256x128x1_swiglu": "experts",
        "void marlin_moe_wna16::Marlin<1125l>": "experts",
        "void cutlass::device_kernel<flash::enable_sm90_or_later<flash::FlashAttnFwdSm90<f": "attention",  # noqa: E501
        "nvjet_sm90_tst_512x16_64x3_2x1_v_bz_TNT": "dense GEMMs",
        "std::enable_if<(((8)>(0)))&&vllm::_typeConvert<c10::BFloat16>::exists, void>": "norms",
        "void vllm::rotary_embedding_kernel<c10::BFloat16>": "attention",
        "void at::native::reduce_kernel<512, 1, at::native::ReduceOp<f, ArgMaxOps<f": "sampling",
        "Memcpy DtoH": "other",
    }
    assert {name: part_of(name) for name in names} == names
    rows = [{"name": name, "total_us": 8.0} for name in names]
    assert shares({"kernels": rows, "steps": 4})["experts"] == 4.0
