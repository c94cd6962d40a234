"""What a person asks, read with errors that name the nearest choice."""

from __future__ import annotations

import json

import pytest

from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.sim.request import DEFAULT_TOKENS, read_config, read_request, read_shape

H200, MI300X = find_device("NVIDIA H200"), find_device("AMD Instinct MI300X")
ENTRY = {"BLOCK_SIZE_M": 16, "BLOCK_SIZE_N": 64, "BLOCK_SIZE_K": 128, "GROUP_SIZE_M": 1,
         "num_warps": 4, "num_stages": 2}  # fmt: skip


def test_an_entry_and_its_id_are_the_same_config() -> None:
    assert read_config(json.dumps(ENTRY), H200) == read_config("M16-N64-K128-G1-W4-S2", H200)
    with_waves = json.dumps(ENTRY | {"waves_per_eu": 2})
    assert read_config(with_waves, MI300X).waves_per_eu == 2


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({k: v for k, v in ENTRY.items() if k != "num_stages"}, "missing key num_stages; a config"),
        (ENTRY | {"num_stage": 3}, "unknown config key 'num_stage'; nearest: num_stages"),
        (ENTRY | {"waves_per_eu": 2}, "waves_per_eu: no compiler for NVIDIA_H200 reads this"),
        (ENTRY | {"num_warps": 0}, "num_warps is 0"),
    ],
)
def test_bad_configs_are_named(entry: dict[str, int], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_config(json.dumps(entry), H200)


def test_keys_of_the_other_vendor_are_named_both_ways() -> None:
    with pytest.raises(InputError, match="num_ctas: no compiler for AMD_Instinct_MI300X"):
        read_config(json.dumps(ENTRY | {"num_ctas": 1}), MI300X)
    with pytest.raises(InputError, match="not valid JSON"):
        read_config("{16", H200)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ("E8-N3584", "such as E8-N3584-K4096-top2-bf16"),
        ("E8-N3584-K4096-top2-bf61", "unknown scheme 'bf61'; nearest: bf16"),
        ("E0-N3584-K4096-top2-bf16", "E is 0; the least is 1"),
        ("E1-N3584-K4096-top2-bf16", "top 2 of 1 experts"),
    ],
)
def test_bad_shapes_are_named(shape: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_shape(shape)


def test_no_tokens_are_refused() -> None:
    with pytest.raises(InputError, match="--tokens is 0; the least is 1"):
        read_request(H200, None, 0, None)


@pytest.mark.parametrize("device", [H200, MI300X])
def test_defaults_ask_from_decode_to_prefill(device: object) -> None:
    questions = read_request(device, None, None, None)  # type: ignore[arg-type]
    assert [question.cell.tokens for question in questions] == list(DEFAULT_TOKENS)
