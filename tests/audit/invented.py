"""An invented layer and invented noise, with known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.audit.layers import Layer
from scripts.audit.noise import ROUND, TIMING, Noise
from scripts.audit.replay import ReplayBench
from scripts.lib.judging.token_classes import search_class
from tests.transfer.study import CONFIGS, DEVICE, LEGAL, SHAPE

TOKENS = (1, 16, 64, 256, 1024)


def layer(us: np.ndarray | None = None, seed: int = 0) -> Layer:
    """48 tactics at five numbers of tokens: each up to twice as slow as the fastest."""
    if us is None:
        rng = np.random.default_rng(seed)
        level = 20 * np.sqrt(np.array(TOKENS))[:, None]
        us = level * np.exp(0.7 * rng.random((len(TOKENS), len(CONFIGS))))
    return Layer(DEVICE, SHAPE, TOKENS, LEGAL.configs, us)


def noise_table(round_sd: float = 0.006, timing_sd: float = 0.003) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    parts = [
        pd.DataFrame({"device": DEVICE, "tokens": name, "kind": kind, "value": values})
        for name in dict.fromkeys(search_class(tokens) for tokens in TOKENS)
        for kind, values in (
            (ROUND, rng.normal(0, round_sd, 4000)),
            (TIMING, rng.normal(0, timing_sd, 400)),
        )
    ]
    return pd.concat(parts, ignore_index=True)


def bench(of: Layer, seed: int = 1, **spread: float) -> ReplayBench:
    return ReplayBench(of, Noise(noise_table(**spread)), np.random.default_rng(seed))
