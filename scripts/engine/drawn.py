"""Routing by a table of draws, the same under every config and for who times the operator alone.

Two runs that route at random differ by which experts their tokens touched, at few tokens by more
than a config does. Here step and layer say which experts: a step counter lives on the GPU, so that
a replayed CUDA graph takes the next draw of the table each time.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np


def methods_of(file: str, layers: int) -> list[Any]:
    """Of each MoE layer what is put in the place of its router's ``_compute_routing``.

    ``file``: experts of each token, int32 [steps, layers, tokens, top_k]. ValueError if it is of
    another count of layers.
    """
    import torch  # noqa: PLC0415

    table = np.load(file)
    if table.shape[1] != layers:
        raise ValueError(f"{file}: draws of {table.shape[1]} layers, the engine has {layers}")
    step = torch.full((1,), -1, dtype=torch.int64, device="cuda")
    on_gpu = torch.from_numpy(table).to("cuda")
    return [
        functools.partial(drawn, on_gpu[:, layer].contiguous(), step, layer == 0)
        for layer in range(layers)
    ]


def drawn(
    table: Any,
    step: Any,
    first: bool,
    router: Any,
    hidden: Any,
    logits: Any,
    indices: Any,
    **_: Any,
) -> Any:
    """Weights and experts of ``hidden``'s tokens; the first layer of a step takes the next draw.

    ``table``: [steps, tokens, top_k]; a call with more tokens has them over again.
    """
    import torch  # noqa: PLC0415

    if first:
        step.add_(1)
    tokens = hidden.shape[0]
    experts = table[:, :tokens].index_select(0, torch.remainder(step, table.shape[0]))[0]
    if tokens > table.shape[1]:
        experts = experts.repeat(-(-tokens // table.shape[1]), 1)[:tokens]
    weights = torch.full(experts.shape, 1 / router.top_k, dtype=torch.float32, device=hidden.device)
    return weights, experts.to(torch.int32 if indices is None else indices)
