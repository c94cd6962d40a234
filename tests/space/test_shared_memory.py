"""The shared-memory formula by architecture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.config import Config
from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.space.shared_memory import shared_bytes

CONFIG = Config(128, 256, 64, 1, 8, 4)


def test_hopper_keeps_every_stage() -> None:
    assert shared_bytes(CONFIG, find_device("NVIDIA_H200"), "bf16") == (128 + 256) * 64 * 2 * 4


def test_ampere_keeps_one_stage_fewer() -> None:
    device = find_device("NVIDIA_A100-SXM4-80GB")
    assert shared_bytes(CONFIG, device, "fp16") == (128 + 256) * 64 * 2 * 3


def test_unknown_scheme_names_the_nearest() -> None:
    with pytest.raises(InputError, match="scheme 'bf61'; nearest: bf16"):
        shared_bytes(CONFIG, find_device("NVIDIA_H200"), "bf61")


def test_an_architecture_without_a_formula_is_named() -> None:
    with pytest.raises(InputError, match="no shared-memory formula for gfx942"):
        shared_bytes(CONFIG, find_device("AMD_Instinct_MI300X"), "bf16")


@given(st.integers(2, 5), st.integers(4, 8), st.integers(4, 8), st.integers(6, 8))
def test_a_bigger_tile_never_takes_less(stages: int, m: int, n: int, k: int) -> None:
    device = find_device("NVIDIA_H200")
    small = shared_bytes(Config(2**m, 2**n, 2**k, 1, 4, stages), device, "bf16")
    assert small < shared_bytes(Config(2 ** (m + 1), 2**n, 2**k, 1, 4, stages), device, "bf16")
    assert small < shared_bytes(Config(2**m, 2**n, 2**k, 1, 4, stages + 1), device, "bf16")
