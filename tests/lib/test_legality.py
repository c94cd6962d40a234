"""The three words, and what an illegal config lacks."""

from __future__ import annotations

import pytest

from kernels.formats import SCHEMES
from scripts.lib.config import parse_id
from scripts.lib.device import Vendor, find_device
from scripts.lib.legality import Legality, judge_launch
from scripts.lib.search_space import is_narrow, is_searched, searched_ranges

H200 = find_device("NVIDIA_H200")
MI300X = find_device("AMD_Instinct_MI300X")
WIDE, NARROW = SCHEMES["bf16"], SCHEMES["fp8_w8a8"]


def test_legal_outside_and_illegal() -> None:
    assert judge_launch(H200, 4, 128, 100_000, searched=True).word is Legality.LEGAL
    outside = judge_launch(H200, 4, 128, 100_000, searched=False)
    assert (outside.word, outside.legal) == (Legality.OUTSIDE, True)
    judged = judge_launch(H200, 4, 128, H200.shared_bytes + 1, searched=True)
    assert (judged.word, judged.legal) == (Legality.ILLEGAL, False)
    assert (judged.needed, judged.available) == (H200.shared_bytes + 1, H200.shared_bytes)
    assert "232,449 bytes of shared memory" in str(judged)
    assert "232,448 are available" in str(judged)


def test_shared_memory_is_the_gpus_own() -> None:
    assert not judge_launch(MI300X, 4, 128, 100_000, searched=True).legal


@pytest.mark.parametrize(("warps", "registers", "word"), [(8, 255, True), (16, 255, False)])
def test_registers_of_a_block(warps: int, registers: int, word: bool) -> None:
    judged = judge_launch(H200, warps, registers, 0, searched=True)
    assert judged.legal is word
    if not word:
        assert (judged.resource, judged.needed, judged.available) == ("registers", 131072, 65536)


def test_threads_of_a_block() -> None:
    judged = judge_launch(MI300X, 32, 16, 0, searched=True)
    assert (judged.resource, judged.needed, judged.available) == ("threads", 2048, 1024)


def test_schemes_of_8_bits_on_either_side_are_narrow() -> None:
    narrow = {name for name, form in SCHEMES.items() if is_narrow(form)}
    assert narrow == {name for name in SCHEMES if "8" in name.split("_")[0] or name[-3:] == "4a4"}


def test_the_searched_space_is_the_product_of_its_ranges() -> None:
    assert is_searched(parse_id("M16-N64-K128-G1-W4-S3"), Vendor.NVIDIA, WIDE)
    for outside in ("M8-N64-K128-G1-W4-S3", "M16-N64-K128-G8-W4-S3", "M16-N64-K128-G1-W4-S6"):
        assert not is_searched(parse_id(outside), Vendor.NVIDIA, WIDE)


def test_keys_of_another_vendor_are_outside() -> None:
    rocm = parse_id("M16-N64-K128-G1-W4-S2-E0")
    assert is_searched(rocm, Vendor.AMD, NARROW)
    assert not is_searched(rocm, Vendor.AMD, WIDE)  # there matrix_instr_nonkdim is set too
    assert not is_searched(rocm, Vendor.NVIDIA, WIDE)
    assert "kpack" in searched_ranges(Vendor.AMD, narrow=False)
