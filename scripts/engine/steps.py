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


def serve(
    engine: Any, at_s: Sequence[float], prompts: Sequence[Sequence[int]], sampling: Sequence[Any]
) -> dict[str, Any]:
    """Add requests as they arrive (``at_s``, ascending) and step until all are served.

    See ``VllmEngine.serve``. An engine with nothing to do waits for the next arrival.
    """
    began, waiting = time.perf_counter(), list(zip(at_s, prompts, sampling, strict=True))[::-1]
    ids: list[str] = []
    times: dict[str, list[float]] = {}
    while waiting or engine.has_unfinished_requests():
        now = time.perf_counter() - began
        while waiting and waiting[-1][0] <= now:
            _, prompt, params = waiting.pop()
            ids.append(str(next(_NUMBERS)))
            times[ids[-1]] = []
            request = {"type": "token", "prompt_token_ids": list(prompt)}
            engine.add_request(ids[-1], request, params)
        if not engine.has_unfinished_requests():
            time.sleep(max(0.0, waiting[-1][0] - now))
            continue
        found = engine.step()
        now = time.perf_counter() - began
        for output in found:
            times[output.request_id] += [now] * len(output.outputs[0].token_ids)
    return served([times[name] for name in ids], at_s)


def served(times: Sequence[Sequence[float]], at_s: Sequence[float]) -> dict[str, Any]:
    """Of each request its ``ttft_s``, ``tpot_s`` (None of one token) and ``e2el_s``, and more.

    ``times``: of its tokens, ``at_s``: of its arrival, seconds from one start.
    """
    tpot = [(t[-1] - t[0]) / (len(t) - 1) if len(t) > 1 else None for t in times]
    gaps = np.concatenate([np.diff(np.asarray(row)) for row in times])
    return {
        "ttft_s": [round(t[0] - at, 6) for t, at in zip(times, at_s, strict=True)],
        "e2el_s": [round(t[-1] - at, 6) for t, at in zip(times, at_s, strict=True)],
        "tpot_s": [None if each is None else round(each, 7) for each in tpot],
        "itl_s": _middle(gaps),
        "output_tokens": sum(map(len, times)),
        "duration_s": round(max(t[-1] for t in times), 6),
    }
