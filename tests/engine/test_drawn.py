"""Routing by a table: which draw each layer of each step takes, on the CPU in plain torch."""

from __future__ import annotations

import functools
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from scripts.engine.drawn import drawn, methods_of
from scripts.engine.planted import KINDS, shortened


def layers(table: np.ndarray) -> list[functools.partial]:
    """As methods_of makes them, on the CPU."""
    step, whole = torch.full((1,), -1), torch.from_numpy(table)
    return [
        functools.partial(drawn, whole[:, layer].contiguous(), step, layer == 0)
        for layer in range(table.shape[1])
    ]


def test_each_step_takes_the_next_draw_and_each_layer_its_own():
    table = np.random.default_rng(1).integers(0, 8, (3, 2, 4, 2)).astype(np.int32)
    router, hidden = SimpleNamespace(top_k=2), torch.zeros(4, 16)
    methods = layers(table)
    for step in range(7):
        for layer, method in enumerate(methods):
            weights, experts = method(router, hidden, None, None, input_ids=None)
            np.testing.assert_array_equal(experts.numpy(), table[step % 3, layer])
            assert (experts.dtype, weights.dtype) == (torch.int32, torch.float32)
            assert (weights == 0.5).all()


def test_fewer_tokens_take_the_first_and_more_take_them_again():
    table = np.arange(8, dtype=np.int32).reshape(1, 1, 4, 2)
    router = SimpleNamespace(top_k=2)
    (method,) = layers(table)
    few = method(router, torch.zeros(3, 16), None, torch.int64)[1]
    assert few.dtype == torch.int64
    np.testing.assert_array_equal(few.numpy(), table[0, 0, :3])
    many = method(router, torch.zeros(10, 16), None, None)[1]
    np.testing.assert_array_equal(many.numpy(), np.tile(table[0, 0], (3, 1))[:10])


def test_draws_of_another_count_of_layers_are_refused(tmp_path):
    np.save(tmp_path / "d.npy", np.zeros((2, 3, 4, 2), np.int32))
    with pytest.raises(ValueError, match="draws of 3 layers, the engine has 2"):
        methods_of(str(tmp_path / "d.npy"), 2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_gemm_sums_over_less_of_k_and_changes_nothing_else(kind):
    seen = []
    launch = shortened(lambda *args, **named: seen.append((args, named)), KINDS[kind])
    args = (*range(100, 111), 2048, *range(200, 210))
    launch(*args, grid=(1,), BLOCK_SIZE_K=64)
    ((given, named),) = seen
    assert given[11] == {"half-of-k": 1024, "last-of-k": 1792}[kind]
    assert (given[:11], given[12:]) == (args[:11], args[12:])
    assert named == {"grid": (1,), "BLOCK_SIZE_K": 64}
