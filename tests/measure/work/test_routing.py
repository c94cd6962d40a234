"""Routing draws: distinct experts, the profile asked for, the same for the same seed."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.files import InputError
from scripts.measure.work.routing import draw


@settings(max_examples=30)
@given(st.integers(1, 50), st.integers(2, 40), st.sampled_from(["uniform", "zipf"]))
def test_experts_of_a_token_are_distinct_and_weights_add_to_one(tokens, experts, profile):
    top_k = min(2, experts)
    out = draw(tokens, experts, top_k, profile, seed=3)
    assert out.expert_of.shape == out.weight.shape == (tokens, top_k)
    assert int(out.expert_of.min()) >= 0
    assert int(out.expert_of.max()) < experts
    assert all(len(set(row)) == top_k for row in out.expert_of.tolist())
    torch.testing.assert_close(out.weight.sum(1), torch.ones(tokens))


def shares(profile: str) -> torch.Tensor:
    counts = torch.bincount(draw(20_000, 16, 2, profile, seed=1).expert_of.flatten(), minlength=16)
    return (counts / counts.sum()).sort(descending=True).values


def test_profiles():
    assert float(shares("uniform")[0] / shares("uniform")[-1]) < 1.2
    assert float(shares("zipf")[0] / shares("zipf")[-1]) > 5


def test_same_seed_same_draw_and_another_seed_another():
    one, two, other = (draw(9, 8, 2, "uniform", seed) for seed in (5, 5, 6))
    assert torch.equal(one.expert_of, two.expert_of)
    assert torch.equal(one.weight, two.weight)
    assert not torch.equal(one.expert_of, other.expert_of)


def test_unknown_profile():
    with pytest.raises(InputError, match="unknown routing profile 'skewed'"):
        draw(1, 8, 2, "skewed", 0)
