"""Prompts at random, as an engine draws them and as whoever wants the same ones does."""

from __future__ import annotations

import numpy as np

VOCABULARY = 10_000  # they draw from the first of the tokens, as vLLM's benchmark


def draw_prompts(
    seed: tuple[int, int], vocabulary: int, count: int, length: int
) -> list[list[int]]:
    """``count`` prompts of ``length`` tokens. ``vocabulary``: of the model."""
    tokens = min(VOCABULARY, vocabulary)
    draw = np.random.default_rng(seed).integers(0, tokens, (count, length))
    return [[int(token) for token in row] for row in draw]
