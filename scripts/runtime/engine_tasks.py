"""What is asked of each boot of an engine study, in its order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scripts.engine.planted import KINDS

Plan = Mapping[str, Any]
WEIGHTS = "other weights"  # a planted fault; the others are scripts.engine.planted's


@dataclass(frozen=True)
class Task:
    """One result of a journal. ``needs``: what must be set inside the boot first, in order.

    ``phase``: tasks of a boot and a phase are done in one turn. ``about``: kept with the result.
    """

    key: str
    phase: str
    ask: str
    question: dict[str, Any]
    needs: dict[str, Any]
    about: dict[str, Any] = field(default_factory=dict)


def order(model: Mapping[str, Any], boot: int, number: int) -> list[str]:
    """Names of a model's configs as a pass of a boot takes them: A B C, then C B A, by turns."""
    names = list(model["configs"])
    return names if (boot + number) % 2 == 0 else names[::-1]


def routing_of(plan: Plan) -> str:
    """How decode steps are routed: by draws that the plan fixes, else uniformly at random."""
    return "drawn" if "draws" in plan else "uniform"


def decode_tasks(
    plan: Plan, model: Mapping[str, Any], name: str, boot: int, number: int
) -> list[Task]:
    """Decode steps of every config and batch, one pass."""
    question = {key: plan[key] for key in ("input", "steps", "profiled")}
    return [
        Task(
            key=f"{name}/decode/{number}/{config}/b{batch}",
            phase=f"decode-{number}",
            ask="decode",
            question={"batch": batch, **question},
            needs={"wrong_gemm": None, "routing": routing_of(plan), "configs": config},
            about={"task": "decode", "boot": name, "pass": number, "config": config,
                   "batch": batch, "routing": routing_of(plan)},
        )
        for config in order(model, boot, number)
        for batch in plan["batches"]
    ]  # fmt: skip


def prompts_of(plan: Plan) -> list[list[int]]:
    """Prompts whose outputs are compared: random ones of the first tokens of a vocabulary."""
    asked = plan["parity"]
    draw = np.random.default_rng(asked["seed"]).integers(
        3, 10_000, (asked["prompts"], asked["input"])
    )
    return [[int(token) for token in row] for row in draw]


def parity_tasks(plan: Plan, model: Mapping[str, Any], name: str) -> list[Task]:
    """Outputs under every config; of the first once more, so that noise is seen as well; and with
    planted faults, which must not pass: other weights, and an experts' GEMM that is wrong."""  # noqa: D205,D209
    asked, names = plan["parity"], list(model["configs"])
    seen: list[tuple[str, bool, str]] = [(config, False, "") for config in names]
    seen += [(names[0], True, ""), (names[0], False, WEIGHTS)]
    seen += [(names[-1], False, kind) for kind in asked.get("planted", [])]
    return [
        Task(
            key=f"{name}/outputs/{number}/{config}",
            phase="parity",
            ask="outputs",
            question={"prompts": prompts_of(plan), "tokens": asked["tokens"], "first": number == 0},
            needs={"routing": "gate", "randomise": asked["seed"] + (fault == WEIGHTS),
                   "wrong_gemm": fault if fault in KINDS else None, "configs": config},
            about={"task": "outputs", "boot": name, "config": config, "again": again,
                   "planted": fault},
        )
        for number, (config, again, fault) in enumerate(seen)
    ]  # fmt: skip


def requests_of(plan: Plan) -> list[list[float]]:
    """Requests of the serve run: arrival (s), input and output tokens; Poisson, lengths uniform."""
    asked = plan["serve"]
    draw = np.random.default_rng(asked["seed"])
    at = np.cumsum(draw.exponential(1 / asked["per_s"], asked["requests"]))
    lengths = [
        draw.integers(asked[key][0], asked[key][1] + 1, asked["requests"])
        for key in ("input", "output")
    ]
    return [[round(float(a), 6), int(i), int(o)] for a, i, o in zip(at, *lengths, strict=True)]


def serve_tasks(plan: Plan, model: Mapping[str, Any], name: str) -> list[Task]:
    """The serve run under what stands without our file, and under ours, there and back."""
    if model["name"] not in plan["serve"]["models"]:
        return []
    names = list(model["configs"])[:: len(model["configs"]) - 1]  # the first and the last
    return [
        Task(
            key=f"{name}/serve/{number}/{config}",
            phase="serve",
            ask="serve",
            question={"requests": requests_of(plan), "seed": plan["serve"]["seed"]},
            needs={"wrong_gemm": None, "routing": routing_of(plan), "configs": config},
            about={"task": "serve", "boot": name, "config": config, "round": number},
        )
        for number, config in enumerate([*names, *names[::-1]])
    ]
