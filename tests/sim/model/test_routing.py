"""Expected experts, blocks and their spread, against drawn routings and the kernel's own grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.alignment import padded_bound
from scripts.sim.model.routing import Routing, expect


def one(experts: int, top_k: int, tokens: int, block: int) -> Routing:
    return expect(*(np.array([float(value)]) for value in (experts, top_k, tokens, block)))


@pytest.mark.parametrize(
    ("experts", "top_k", "tokens", "block"),
    [(8, 2, 512, 128), (8, 2, 2, 16), (128, 8, 64, 16), (4, 4, 10, 16), (8, 1, 40, 16)],
)
def test_expectations_are_those_of_drawn_routings(
    experts: int, top_k: int, tokens: int, block: int
) -> None:
    generator, draws = np.random.default_rng(1), 400
    touched, blocks = [], []
    for _ in range(draws):
        chosen = np.argsort(generator.random((tokens, experts)), axis=1)[:, :top_k]
        rows = np.bincount(chosen.ravel(), minlength=experts)
        touched.append((rows > 0).sum())
        blocks.append((-(-rows // block)).sum())
    found = one(experts, top_k, tokens, block)
    error = 4 * np.std(blocks) / draws**0.5 + 1e-9
    assert found.touched[0] == pytest.approx(np.mean(touched), abs=error + 0.05)
    assert found.blocks[0] == pytest.approx(np.mean(blocks), abs=error)
    assert found.spread[0] == pytest.approx(np.std(blocks), rel=0.2, abs=0.02)


@given(st.integers(1, 256), st.integers(1, 8), st.sampled_from([16, 32, 64, 128, 256]))
def test_one_token_touches_exactly_top_k(experts: int, top_k: int, block: int) -> None:
    top_k = min(top_k, experts)
    found = one(experts, top_k, 1, block)
    assert found.touched[0] == pytest.approx(top_k)
    assert found.blocks[0] == pytest.approx(top_k)
    assert found.spread[0] == pytest.approx(0.0, abs=1e-6)


@given(st.integers(1, 128), st.integers(1, 8), st.integers(1, 4096), st.sampled_from([16, 64, 256]))
def test_grid_is_launched_for_the_kernels_own_bound(
    experts: int, top_k: int, tokens: int, block: int
) -> None:
    top_k = min(top_k, experts)
    found = one(experts, top_k, tokens, block)
    assert found.bound[0] == padded_bound(tokens * top_k, experts, block) // block
    assert found.touched[0] - 1e-9 <= found.blocks[0] <= found.bound[0] + 1e-9
