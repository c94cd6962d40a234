"""Blocks a processor holds at once: the CUDA occupancy calculator's figures, and AMD's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.device import find_device
from scripts.lib.occupancy import blocks_per_processor

H200, A100, MI300X = (find_device(name) for name in ("H200", "A100-SXM4-80GB", "MI300X"))


@pytest.mark.parametrize(
    ("warps", "registers", "shared", "blocks"),
    [
        (4, 32, 0, 16),  # 64 warps
        (8, 32, 0, 8),
        (4, 128, 0, 4),  # 16 warps: 65,536 registers over 128 * 32 each
        (4, 129, 0, 3),  # rounded up to 136: three warps a partition
        (4, 255, 0, 2),
        (8, 255, 0, 1),
        (4, 32, 227 * 1024, 1),
        (4, 32, 113 * 1024, 2),
        (4, 32, 114 * 1024, 1),  # one KB more a block is kept
        (4, 32, 228 * 1024, 0),
    ],
)
def test_hopper(warps: int, registers: int, shared: int, blocks: int) -> None:
    assert blocks_per_processor(H200, warps, registers, shared, None) == blocks


@pytest.mark.parametrize(
    ("warps", "waves", "shared", "blocks"),
    [(4, 8, 0, 8), (4, 3, 24_576, 2), (8, 1, 0, 0), (1, 5, 4096, 16), (4, 8, 65_536, 1)],
)
def test_cdna(warps: int, waves: int, shared: int, blocks: int) -> None:
    assert blocks_per_processor(MI300X, warps, 128, shared, waves) == blocks


def test_amd_needs_the_compilers_count() -> None:
    with pytest.raises(ValueError, match="waves per SIMD"):
        blocks_per_processor(MI300X, 4, 128, 0, None)


@given(st.sampled_from([1, 2, 4, 8]), st.integers(16, 255), st.integers(0, 160_000))
def test_needing_more_never_fits_more(warps: int, registers: int, shared: int) -> None:
    blocks = blocks_per_processor(A100, warps, registers, shared, None)
    assert blocks >= blocks_per_processor(A100, 2 * warps, registers, shared, None)
    assert blocks >= blocks_per_processor(A100, warps, registers + 8, shared, None)
    assert blocks >= blocks_per_processor(A100, warps, registers, shared + 4096, None)
    assert blocks * warps * registers * 32 <= A100.registers_per_processor
