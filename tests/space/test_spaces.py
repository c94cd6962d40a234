"""The published spaces have the published sizes, and their ids are config ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.formats import SCHEMES
from scripts.lib.config import Config, parse_id
from scripts.lib.device import Vendor
from scripts.space.spaces import frame_of, published_space

some = st.sampled_from([1, 2, 16, 64, 128])
maybe = st.none() | some
configs = st.builds(Config, some, some, some, some, some, some, maybe, maybe, maybe, maybe, maybe)


@pytest.mark.parametrize(
    ("vendor", "scheme", "size"),
    [
        (Vendor.NVIDIA, "bf16", 1_920),
        (Vendor.NVIDIA, "mxfp4_w4a4", 1_920),
        (Vendor.AMD, "bf16", 40_000),
        (Vendor.AMD, "int4_w4a16", 40_000),
        (Vendor.AMD, "fp8_w8a8_b128x128", 8_000),
        (Vendor.AMD, "int8_w8a16", 8_000),
        (Vendor.AMD, "mxfp4_w4a4", 8_000),
    ],
)
def test_sizes(vendor: Vendor, scheme: str, size: int) -> None:
    space = published_space(vendor, SCHEMES[scheme])
    assert len(space) == space["config_id"].nunique() == size


@pytest.mark.parametrize("vendor", [Vendor.NVIDIA, Vendor.AMD])
def test_ids_are_canonical_and_say_what_the_columns_say(vendor: Vendor) -> None:
    sample = published_space(vendor, SCHEMES["bf16"]).iloc[::191]
    parsed = [parse_id(config_id) for config_id in sample["config_id"]]
    assert frame_of(parsed).equals(sample.reset_index(drop=True))


@given(st.lists(configs, max_size=5))
def test_any_config_keeps_its_id_and_its_absent_keys(found: list[Config]) -> None:
    frame = frame_of(found)
    assert frame["config_id"].tolist() == [config.id for config in found]
    assert frame["kpack"].isna().tolist() == [config.kpack is None for config in found]
