"""What a representative keeps, and that whole spaces come down to few of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.formats import SCHEMES
from kernels.variant import binary_key, effective
from scripts.lib.config import Config, parse_id
from scripts.lib.device import Vendor
from scripts.space.representatives import launched, representative, representatives
from scripts.space.spaces import frame_of, published_space

BF16, BLOCK = SCHEMES["bf16"], SCHEMES["fp8_w8a8_b128x128"]


@pytest.mark.parametrize(
    ("config_id", "scheme", "expected"),
    [
        ("M16-N64-K256-G32-W4-S3", "bf16", "M16-N64-K256-G1-W4-S3"),
        ("M16-N64-K256-G32-W4-S3", "fp8_w8a8_b128x128", "M16-N64-K128-G1-W4-S3"),
        ("M16-N64-K64-G1-W4-S2-E2-I16-P2", "bf16", "M16-N64-K64-G1-W4-S2-I16"),
        ("M16-N64-K64-G1-W4-S2-E0-I0-P1", "bf16", "M16-N64-K64-G1-W4-S2"),
        ("M16-N64-K64-G1-W4-S2-X1-C1", "int4_w4a16", "M16-N64-K64-G1-W4-S2-C1"),
    ],
)
def test_what_is_left_out(config_id: str, scheme: str, expected: str) -> None:
    assert representative(parse_id(config_id), SCHEMES[scheme]).id == expected


@pytest.mark.parametrize(
    ("vendor", "scheme", "number"),
    [(Vendor.NVIDIA, "bf16", 480), (Vendor.NVIDIA, "fp8_w8a8_b128x128", 320),
     (Vendor.AMD, "bf16", 1_000), (Vendor.AMD, "fp8_w8a8", 400)],
)  # fmt: skip
def test_spaces_come_down_to(vendor: Vendor, scheme: str, number: int) -> None:
    form = SCHEMES[scheme]
    space = published_space(vendor, form)
    ids, found = representatives(space, form)
    assert len(found) == number
    assert {config.id for config in found} == set(ids)
    some = range(0, len(space), 97)
    expected = [representative(parse_id(space["config_id"][i]), form).id for i in some]
    assert ids.iloc[some].tolist() == expected


side = st.sampled_from([16, 64, 128, 256, 512])
configs = st.builds(
    Config, side, side, side, side, st.sampled_from([1, 8]), st.integers(1, 5),
    st.none() | st.integers(0, 4), st.none() | st.sampled_from([0, 16, 32]),
    st.none() | st.integers(1, 2), st.none() | st.just(1), st.none() | st.just(1),
)  # fmt: skip


@given(st.lists(configs, min_size=1, max_size=8), st.sampled_from([BF16, BLOCK]))
def test_a_frame_and_a_config_give_the_same(found: list[Config], form) -> None:
    ids, unique = representatives(frame_of(found), form)
    assert ids.tolist() == [representative(config, form).id for config in found]
    assert [config.id for config in unique] == sorted(set(ids))


@given(configs, st.sampled_from([BF16, BLOCK]))
def test_a_representative_stands_for_itself(config: Config, form) -> None:
    plain = representative(config, form)
    assert representative(plain, form) == launched(plain, form) == plain


@given(configs, st.sampled_from([BF16, BLOCK]))
def test_launched_is_what_the_kernel_launches(config: Config, form) -> None:
    """But for the program order, which a binary does depend on and no resource of it."""
    kernel = dict(binary_key(effective(config.to_entry(), form))) | {"GROUP_SIZE_M": 1}
    assert dict(binary_key(launched(config, form).to_entry())) == kernel
