"""Requests step by step: tokens in order, times of each, and the fields of a server."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from scripts.engine.steps import Run, serve, served


class Stepper:
    """An engine with vLLM's two calls: it prefills one request a step, and decodes all others."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, int]] = []
        self.left: dict[str, int] = {}
        self.batches: list[int] = []

    def add_request(self, name: str, prompt: dict[str, Any], sampling: Any) -> None:
        assert prompt["type"] == "token"
        self.waiting.append((name, sampling.max_tokens))

    def has_unfinished_requests(self) -> bool:
        return bool(self.waiting or self.left)

    def step(self) -> list[SimpleNamespace]:
        names = list(self.left)
        if self.waiting:
            name, tokens = self.waiting.pop(0)
            self.left[name] = tokens
            names.append(name)
        self.batches.append(len(names))
        out = []
        for name in names:
            self.left[name] -= 1
            token = self.left[name]
            row = {token: SimpleNamespace(logprob=-1.5)}
            one = SimpleNamespace(token_ids=[token], logprobs=[row])
            out.append(SimpleNamespace(request_id=name, outputs=[one]))
        self.left = {name: tokens for name, tokens in self.left.items() if tokens}
        return out


def asked(tokens: int) -> SimpleNamespace:
    return SimpleNamespace(max_tokens=tokens)


def test_tokens_stand_in_the_order_of_the_prompts():
    run = Run(Stepper(), [[5], [6], [7]], asked(4))
    run.until_first()
    assert run.first_steps == 3
    run.steps(1)
    run.finish()
    found = run.outputs()
    assert found["tokens"] == [[3, 2, 1, 0]] * 3
    assert found["logprobs"][0][0] == {"3": -1.5}
    assert len(run.step_s) == 6
    timing = run.timing()
    assert timing["tokens"] == 12
    assert 0 <= timing["first_s"] <= timing["seconds"]
    assert timing["ttft_s"]["median"] <= timing["first_s"]


def test_one_token_has_no_gap():
    run = Run(Stepper(), [[5]], asked(1))
    run.finish()
    assert run.timing()["itl_s"] == {"median": None, "p99": None}


def test_requests_are_served_as_they_arrive():
    engine = Stepper()
    found = serve(engine, [0.0, 0.0, 0.05], [[1], [2], [3]], [asked(3), asked(2), asked(1)])
    assert found["output_tokens"] == 6
    assert found["duration_s"] >= 0.05
    assert found["tpot_s"][2] is None
    assert engine.batches[-1] == 1  # the last one came when the others were done
    assert all(value >= 0 for value in found["ttft_s"])


def test_fields_by_hand():
    found = served([[1.0, 1.2, 1.6], [2.0, 2.1]], [0.5, 1.9])
    assert found["ttft_s"] == pytest.approx([0.5, 0.1])
    assert found["e2el_s"] == pytest.approx([1.1, 0.2])
    assert found["tpot_s"] == pytest.approx([0.3, 0.1])
    gaps = np.array([0.2, 0.4, 0.1])
    assert found["itl_s"]["median"] == pytest.approx(np.median(gaps))
    assert found["itl_s"]["p99"] == pytest.approx(np.percentile(gaps, 99))
    assert math.isclose(found["duration_s"], 2.1)
