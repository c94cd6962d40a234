"""Routing draws: which experts each token goes to, the same for every candidate of a cell."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from scripts.lib.files import InputError


@dataclass(frozen=True)
class Draw:
    """``expert_of`` int32 and ``weight`` float32 [tokens, top_k]; a row's experts are distinct."""

    expert_of: torch.Tensor
    weight: torch.Tensor


def draw(tokens: int, experts: int, top_k: int, profile: str, seed: int) -> Draw:
    """One draw on the CPU, fixed by its seed whatever the device.

    ``uniform``: every expert equally likely. ``zipf``: expert popularity falls as 1/rank, ranks
    shuffled, a common skew of deployed routers.
    """
    generator = torch.Generator().manual_seed(seed)
    if profile == "uniform":
        popularity = torch.ones(experts)
    elif profile == "zipf":
        ranks = torch.randperm(experts, generator=generator) + 1
        popularity = 1.0 / ranks.float()
    else:
        raise InputError(f"routing profile {profile!r} is not known; choose uniform or zipf")
    # Gumbel top-k draws top_k distinct experts with these popularities, all tokens at once.
    noise = -torch.empty(tokens, experts).exponential_(generator=generator).log()
    expert_of = (popularity.log() + noise).topk(top_k, dim=1).indices.int()
    logits = torch.randn(tokens, top_k, generator=generator)
    return Draw(expert_of, torch.softmax(logits, dim=1))
