"""Routing draws: which experts each token goes to, the same for every candidate of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from scripts.lib.names import unknown_name
from scripts.measure.conditions import PROFILES, RECORDED
from scripts.measure.work.recorded_routing import read_recorded


@dataclass(frozen=True)
class Draw:
    """``expert_of`` int32 and ``weight`` float32 [tokens, top_k]; a row's experts are distinct."""

    expert_of: torch.Tensor
    weight: torch.Tensor


def draw(tokens: int, experts: int, top_k: int, profile: str, seed: int) -> Draw:
    """One draw on the CPU, fixed by its seed whatever the device.

    ``uniform``: every expert equally likely. ``zipf``: expert popularity falls as 1/rank, ranks
    shuffled, a common skew of deployed routers. ``recorded:<file>``: tokens of a ROUTING table,
    whole, so that experts that a router likes to choose together stay together. InputError for
    another profile, or a table that is not of such a layer.
    """
    generator = torch.Generator().manual_seed(seed)
    if profile.startswith(RECORDED):
        return _recorded(tokens, experts, top_k, profile.removeprefix(RECORDED), generator)
    if profile == "uniform":
        popularity = torch.ones(experts)
    elif profile == "zipf":
        ranks = torch.randperm(experts, generator=generator) + 1
        popularity = 1.0 / ranks.float()
    else:
        raise unknown_name("routing profile", profile, (*PROFILES, f"{RECORDED}<file>"))
    # Gumbel top-k draws top_k distinct experts with these popularities, all tokens at once.
    noise = -torch.empty(tokens, experts).exponential_(generator=generator).log()
    expert_of = (popularity.log() + noise).topk(top_k, dim=1).indices.int()
    return Draw(expert_of, _random_weights(tokens, top_k, generator))


def _random_weights(tokens: int, top_k: int, generator: torch.Generator) -> torch.Tensor:
    return torch.softmax(torch.randn(tokens, top_k, generator=generator), dim=1)


def _recorded(tokens: int, experts: int, top_k: int, path: str, generator: torch.Generator) -> Draw:
    """Different tokens of the record, or, where it has too few, some more than once."""
    record = read_recorded(Path(path))
    record.check(experts, top_k)
    held = len(record.expert_of)
    if tokens <= held:
        chosen = torch.randperm(held, generator=generator)[:tokens]
    else:
        chosen = torch.randint(held, (tokens,), generator=generator)
    expert_of = torch.from_numpy(record.expert_of[chosen.numpy()])
    if record.weight is None:
        return Draw(expert_of, _random_weights(tokens, top_k, generator))
    return Draw(expert_of, torch.from_numpy(record.weight[chosen.numpy()]))
