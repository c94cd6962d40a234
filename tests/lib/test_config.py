"""Configs and their canonical ids."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.config import ALL_KEYS, Config, ConfigError, from_entry, parse_id

POSITIVE = st.integers(1, 512)
OPTIONAL = st.none() | POSITIVE
CONFIGS = st.builds(
    Config,
    *[POSITIVE] * 6,
    waves_per_eu=st.none() | st.integers(0, 8),
    matrix_instr_nonkdim=st.none() | st.integers(0, 32),
    kpack=OPTIONAL,
    split_k=OPTIONAL,
    num_ctas=OPTIONAL,
)
ENTRY = {
    "BLOCK_SIZE_M": 16,
    "BLOCK_SIZE_N": 64,
    "BLOCK_SIZE_K": 128,
    "GROUP_SIZE_M": 1,
    "num_warps": 4,
    "num_stages": 3,
}


def test_tile_sizes_left_to_the_kernel_are_absent_of_an_entry_and_0_in_an_id() -> None:
    config = Config(16, 0, 0, 1, 4, 3)
    assert config.id == "M16-N0-K0-G1-W4-S3"
    assert parse_id(config.id) == config
    assert config.to_entry() == {
        k: v for k, v in ENTRY.items() if "SIZE_N" not in k and "_K" not in k
    }
    for wrong in ("M0-N64-K64-G1-W4-S3", "M16-N64-K64-G0-W4-S3"):
        with pytest.raises(ConfigError, match="is 0, which is not an integer from 1 up"):
            parse_id(wrong)
    with pytest.raises(ConfigError, match="BLOCK_SIZE_N is 0"):
        from_entry(ENTRY | {"BLOCK_SIZE_N": 0})


@given(CONFIGS)
def test_an_id_and_an_entry_give_the_config_back(config: Config) -> None:
    assert parse_id(config.id) == config
    assert from_entry(config.to_entry()) == config


@given(CONFIGS, CONFIGS)
def test_same_id_means_same_config(one: Config, two: Config) -> None:
    assert (one.id == two.id) == (one == two)


@given(CONFIGS, st.randoms())
def test_the_order_of_an_entry_does_not_matter(config: Config, order: random.Random) -> None:
    pairs = list(config.to_entry().items())
    order.shuffle(pairs)
    assert from_entry(dict(pairs)).id == config.id


def test_ids_by_example() -> None:
    assert from_entry(ENTRY).id == "M16-N64-K128-G1-W4-S3"
    rocm = ENTRY | {"waves_per_eu": 0, "matrix_instr_nonkdim": 16, "kpack": 2}
    assert from_entry(rocm).id == "M16-N64-K128-G1-W4-S3-E0-I16-P2"
    assert from_entry(rocm) != from_entry(ENTRY)


def test_vendor_keys_can_be_dropped() -> None:
    rocm = ENTRY | {"waves_per_eu": 0, "matrix_instr_nonkdim": 16, "kpack": 2, "SPLIT_K": 1}
    assert from_entry(rocm).without_vendor_keys() == from_entry(ENTRY | {"SPLIT_K": 1})


def test_every_key_has_a_letter_of_its_own() -> None:
    letters = [letter for _, letter in ALL_KEYS.values()]
    assert len(set(letters)) == len(letters) == len(ALL_KEYS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"BLOCK_SIZE_Q": 1}, "unknown key BLOCK_SIZE_Q; known: BLOCK_SIZE_M"),
        ({"num_warps": "4"}, "num_warps is '4'"),
        ({"num_warps": 4.0}, "num_warps is 4.0"),
        ({"num_warps": True}, "num_warps is True"),
        ({"num_warps": 0}, "num_warps is 0, which is not an integer from 1 up"),
        ({"waves_per_eu": -1}, "from 0 up"),
    ],
)
def test_a_bad_entry_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        from_entry(ENTRY | change)


def test_missing_keys_are_named() -> None:
    with pytest.raises(ConfigError, match="missing key num_warps, num_stages"):
        from_entry({key: 1 for key in ENTRY if not key.startswith("num_")})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "M16",
        "M16-N64-K128-G1-W4-S3-Z1",
        "N64-M16-K128-G1-W4-S3",
        "M016-N64-K128-G1-W4-S3",
        "M16-N64-K128-G1-W4-S3-S3",
        "M16-N64-K128-G1-W4-S0",
        " M16-N64-K128-G1-W4-S3",
    ],
)
def test_what_is_no_canonical_id_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_id(text)
