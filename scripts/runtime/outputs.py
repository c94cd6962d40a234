"""An engine's outputs under one config against those under another: logits and greedy tokens."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scripts.engine.outcome import Answer, Outcome
from scripts.engine.supervisor import Engine
from scripts.lib.judging.outputs import compared
from scripts.runtime.engine_tasks import Task


class Compared:
    """Asks for outputs, and holds each boot's against those of its first config."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._first: dict[str, tuple[np.ndarray, list[list[int]]]] = {}

    def answer(self, engine: Engine, task: Task) -> Answer:
        """The comparison as a result; ``wrong_output`` where it is not what it has to be."""
        prompts, tokens = task.question["prompts"], task.question["tokens"]
        file = self._scratch / engine.spec.name / "logits.npy"
        found = engine.ask("logits", prompts=prompts, file=str(file.absolute()))
        if not found.ok:
            return found
        more = engine.ask("generate", prompts=prompts, tokens=tokens)
        if not more.ok:
            return more
        ours = np.load(file), more.result["tokens"]
        if task.question["first"] or engine.spec.name not in self._first:
            self._first[engine.spec.name] = ours
        result = compared(*self._first[engine.spec.name], *ours)
        result["first"] = bool(task.question["first"])
        seconds = found.seconds + more.seconds
        if result["problem"]:
            return Answer(Outcome.WRONG_OUTPUT, str(result["problem"]), result, seconds)
        return Answer(Outcome.OK, "", result, seconds)
