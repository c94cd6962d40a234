"""A pool of steps as a server makes them: continuous batching of requests of random lengths.

Closed loop: as many requests as there are slots, a new one as soon as one has its last token. A
step schedules one token of every request that is being decoded, then as many tokens of waiting
prompts as the budget leaves, the oldest first.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Lengths:
    """Tokens of a request, uniform between the two, both included."""

    input: tuple[int, int]
    output: tuple[int, int]


def tokens_of_steps(
    concurrency: int, steps: int, budget: int, lengths: Lengths, seed: int
) -> npt.NDArray[np.int64]:
    """Tokens that each of ``steps`` steps schedules, the first fill of the slots left out.

    ``budget``: most tokens of a step, at least ``concurrency``. ValueError otherwise.
    """
    if budget < concurrency:
        raise ValueError(f"a budget of {budget} tokens cannot decode {concurrency} requests")
    draw = np.random.default_rng(seed)

    def request() -> list[int]:
        return [int(draw.integers(a, b + 1)) for a, b in (lengths.input, lengths.output)]

    waiting = deque(request() for _ in range(concurrency))
    decoding: list[list[int]] = []
    found: list[int] = []
    filling = concurrency
    while len(found) < steps:
        tokens = len(decoding)
        for one in decoding:
            one[1] -= 1
        done = [one for one in decoding if one[1] <= 0]
        decoding = [one for one in decoding if one[1] > 0]
        left = budget - tokens
        while waiting and left > 0:
            taken = min(left, waiting[0][0])
            waiting[0][0] -= taken
            left, tokens = left - taken, tokens + taken
            if waiting[0][0] == 0:
                filling -= 1
                one = waiting.popleft()
                one[1] -= 1  # the prefill's own token
                (decoding if one[1] > 0 else done).append(one)
        waiting.extend(request() for _ in done)
        if filling <= 0:
            found.append(tokens)
    return np.asarray(found, dtype=np.int64)
