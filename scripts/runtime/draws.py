"""The draws of an engine study: experts of every token, by step and layer, from the plan's seed.

The engine routes by them under every config (scripts.engine.drawn), and the operator alone is timed
on the same ones (scripts.runtime.drawn_op).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scripts.lib.files import replacing
from scripts.lib.shape import parse_shape
from scripts.measure.work.routing import draw

Draws = npt.NDArray[np.int32]


def draws_of(asked: Mapping[str, Any], model: Mapping[str, Any]) -> Draws:
    """Experts [steps, MoE layers, tokens, top_k] of a model of a plan, each token's distinct.

    ``asked``: the plan's ``draws``: steps, tokens, seed. Every expert is equally likely.
    """
    shape, layers = parse_shape(model["shape"]), int(model["moe_layers"])
    found = [
        draw(asked["tokens"], shape.experts, shape.top_k, "uniform", asked["seed"] + number)
        for number in range(asked["steps"] * layers)
    ]
    experts = np.stack([one.expert_of.numpy() for one in found]).astype(np.int32)
    return experts.reshape(asked["steps"], layers, asked["tokens"], shape.top_k)


def write_draws(path: Path, draws: Draws) -> None:
    """Write them (.npy), whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, draws)
