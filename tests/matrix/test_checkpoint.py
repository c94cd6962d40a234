"""Weights drawn by a seed: repeatable, whole, and every layer of them matters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.files import InputError
from scripts.matrix.checkpoint import CYCLE, successor, tensors, unpack
from scripts.matrix.reference import CODES, dequantised, states

GPT_OSS: dict[str, Any] = {
    "model_type": "gpt_oss", "hidden_size": 64, "intermediate_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "num_local_experts": 3,
    "vocab_size": 50,
}  # fmt: skip
INT4: dict[str, Any] = {
    "model_type": "qwen3_moe", "hidden_size": 256, "moe_intermediate_size": 128,
    "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
    "num_experts": 2, "vocab_size": 50,
    "quantization_config": {"config_groups": {"one": {"weights": {"group_size": 128}}}},
}  # fmt: skip
HEAD: dict[str, Any] = {
    "model_type": "llama", "hidden_size": 32, "intermediate_size": 16, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "eagle_aux_hidden_state_layer_ids": [1, 2, 3],
}  # fmt: skip
QWEN: dict[str, Any] = {
    "model_type": "qwen3_moe", "hidden_size": 32, "moe_intermediate_size": 16,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
    "num_experts": 3, "vocab_size": 50,
}  # fmt: skip


@pytest.mark.parametrize("config", [GPT_OSS, QWEN, INT4, HEAD])
def test_a_seed_draws_the_same_weights_and_another_others(config: dict[str, Any]) -> None:
    first, again, other = (dict(tensors(config, seed, "cpu")) for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    drawn = [name for name in first if "norm" not in name and not name.endswith("_shape")]
    assert not any(torch.equal(first[name], other[name]) for name in drawn)


@given(st.integers(1, 200))
def test_following_tokens_comes_round(vocabulary: int) -> None:
    follows = successor(vocabulary)
    assert sorted(follows.tolist()) == list(range(vocabulary))
    token = start = vocabulary - 1
    for _ in range(CYCLE):
        token = int(follows[token])
        if token == start:
            return
    pytest.fail("no cycle")


def test_mxfp4_is_taken_apart_as_it_is_defined() -> None:
    draw = np.random.default_rng(1)
    blocks = draw.integers(0, 256, (2, 3, 2, 16), dtype=np.uint8)
    scales = draw.integers(118, 129, (2, 3, 2), dtype=np.uint8)
    found = dequantised(torch.tensor(blocks), torch.tensor(scales)).numpy()
    codes = [*CODES, *(-one for one in CODES)]
    for e, n, k in np.ndindex(2, 3, 64):
        byte = int(blocks[e, n, k // 32, (k % 32) // 2])
        code = byte >> 4 if k % 2 else byte & 15
        assert found[e, n, k] == codes[code] * 2.0 ** (int(scales[e, n, k // 32]) - 127)


def test_int4_is_taken_apart_as_it_is_defined() -> None:
    weights = dict(tensors(INT4, 1, "cpu"))
    name = "model.layers.0.mlp.experts.1.up_proj.weight"
    packed, scale = weights[f"{name}_packed"], weights[f"{name}_scale"]
    assert packed.shape == (128, 32) and packed.dtype == torch.int32 and scale.shape == (128, 2)
    assert weights[f"{name}_shape"].tolist() == [128, 256]
    found = unpack(packed, scale).numpy()
    words = packed.numpy().view(np.uint32)
    for n, k in [(0, 0), (3, 7), (5, 8), (17, 127), (17, 128), (127, 255)]:
        code = int(words[n, k // 8]) >> (4 * (k % 8)) & 15
        assert found[n, k] == (code - 8) * float(scale[n, k // 128])
    assert 0.9 < float(np.sqrt((found**2).mean())) * 256**0.5 < 1.1  # keeps the size of its input
    state = dict(states(weights, INT4))
    assert np.array_equal(state["model.layers.0.mlp.experts.gate_up_proj"][1, 128:].numpy(), found)


def test_a_scale_an_output_is_one_group() -> None:
    config = {**INT4, "quantization_config": {"config_groups": {"one": {"weights": {}}}}}
    weights = dict(tensors(config, 1, "cpu"))
    name = "model.layers.0.mlp.experts.0.down_proj.weight"
    packed, scale = weights[f"{name}_packed"], weights[f"{name}_scale"]
    assert scale.shape == (256, 1)
    found, words = unpack(packed, scale).numpy(), packed.numpy().view(np.uint32)
    assert found[7, 100] == ((int(words[7, 12]) >> 16 & 15) - 8) * float(scale[7, 0])


def test_a_draft_head_takes_embedding_and_hidden_states_beside_each_other() -> None:
    weights = dict(tensors(HEAD, 1, "cpu"))
    assert weights["fc.weight"].shape == (32, 96)
    assert weights["midlayer.self_attn.q_proj.weight"].shape == (32, 64)
    assert not any("embed" in name or "lm_head" in name for name in weights)  # the target's


def test_experts_are_stacked_as_the_reference_has_them() -> None:
    weights = dict(tensors(QWEN, 1, "cpu"))
    state = dict(states(weights, QWEN))
    up = state["model.layers.1.mlp.experts.gate_up_proj"]
    assert up.shape == (3, 32, 32)
    assert torch.equal(up[2, 16:], weights["model.layers.1.mlp.experts.2.up_proj.weight"])
    whole = dict(states(dict(tensors(GPT_OSS, 1, "cpu")), GPT_OSS))
    assert whole["model.layers.0.mlp.experts.gate_up_proj"].shape == (3, 64, 64)
    assert whole["model.layers.0.mlp.experts.down_proj"].shape == (3, 32, 64)


def test_no_weights_are_drawn_for_an_unknown_architecture() -> None:
    with pytest.raises(InputError, match="gpt_oss, qwen3_moe"):
        tensors({"model_type": "llama"}, 1, "cpu")
