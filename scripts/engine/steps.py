"""Requests run step by step through vLLM's engine, with the time of every token."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

_NUMBERS = itertools.count()  # request ids, which an engine must not see twice


class Run:
    """A batch of prompts, all there at the start. ``engine``: vLLM's LLMEngine, in this process."""

    def __init__(self, engine: Any, prompts: Sequence[Sequence[int]], sampling: Any) -> None:
        self._engine = engine
        self.began = time.perf_counter()
        ids = [str(next(_NUMBERS)) for _ in prompts]
        for name, prompt in zip(ids, prompts, strict=True):
            engine.add_request(name, {"type": "token", "prompt_token_ids": list(prompt)}, sampling)
        self._tokens: dict[str, list[int]] = {name: [] for name in ids}
        self._logprobs: dict[str, list[dict[str, float]]] = {name: [] for name in ids}
        self._at: dict[str, list[float]] = {name: [] for name in ids}
        self.step_s: list[float] = []
        self.first_steps = 0

    def step(self) -> None:
        """One step of the engine; what came of it is kept."""
        began = time.perf_counter()
        found = self._engine.step()
        now = time.perf_counter()
        self.step_s.append(round(now - began, 6))
        for output in found:
            name, one = output.request_id, output.outputs[0]
            self._tokens[name] += [int(token) for token in one.token_ids]
            self._at[name] += [now - self.began] * len(one.token_ids)
            self._logprobs[name] += [
                {str(token): round(float(item.logprob), 5) for token, item in row.items()}
                for row in one.logprobs or []
            ]

    def at_s(self) -> list[list[float]]:
        """Seconds from the start to every token, in the order of the prompts."""
        return list(self._at.values())

    def steps(self, count: int) -> None:
        """So many steps."""
        for _ in range(count):
            self.step()

    def until_first(self) -> None:
        """Step until every request has a token."""
        while not all(self._at.values()):
            self.step()
            self.first_steps += 1

    def finish(self) -> None:
        """Step until nothing is left to do."""
        while self._engine.has_unfinished_requests():
            self.step()

    def outputs(self) -> dict[str, Any]:
        """``tokens``, and ``logprobs`` if they were asked for, in the order of the prompts."""
        rows = list(self._logprobs.values())
        return {"tokens": list(self._tokens.values()), "logprobs": rows if any(rows) else None}

    def timing(self) -> dict[str, Any]:
        """As ``VllmEngine.latency`` says, seconds."""
        at = list(self._at.values())
        first = np.array([times[0] for times in at])
        gaps = np.concatenate([np.diff(times) for times in at])
        return {
            "seconds": round(max(times[-1] for times in at), 6),
            "first_s": round(float(first.max()), 6),
            "ttft_s": _middle(first),
            "itl_s": _middle(gaps),
            "tokens": sum(map(len, at)),
        }


def _middle(values: np.ndarray) -> dict[str, float | None]:
    if not len(values):
        return {"median": None, "p99": None}
    return {"median": round(float(np.median(values)), 7),
            "p99": round(float(np.percentile(values, 99)), 7)}  # fmt: skip
