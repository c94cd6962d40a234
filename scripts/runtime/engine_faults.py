"""Boots that have to fail, and boots that something happens to: each has to end as an outcome."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.engine.outcome import Answer
from scripts.engine.supervisor import Deadlines, Engine
from scripts.runtime.engine_tasks import Plan, Task, prompts_of

# What happens to a booted engine in the midst of its steps.
SIGNALS = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP}
NO_SPACE = "no-space"  # what it writes does not fit
_AFTER_S = 0.7  # the steps take longer
_BUSY = {"batch": 64, "input": 128, "steps": 800, "warmups": 0}
_PATIENCE = Deadlines(other=8.0)  # that an engine hangs is known after this


def fault_tasks(plan: Plan, name: str, act: Mapping[str, Any] | None) -> list[Task]:
    """What a boot of that name is asked: to say that it is there, or what ``act`` does to it."""
    about = {"task": "fault", "boot": name}
    if act is None:
        return [Task(f"{name}/boot", "fault", "memory", {}, {}, about)]
    question: dict[str, Any] = dict(_BUSY)
    if act["kind"] == NO_SPACE:
        file = Path(act["folder"]) / f"{name}.npy"
        question = {"prompts": prompts_of(plan), "file": str(file)}
    return [Task(f"{name}/{act['kind']}", "fault", act["kind"], question, {}, about)]


def provoke(engine: Engine, task: Task) -> Answer:
    """How the engine, or what it was asked, ended."""
    if task.ask in SIGNALS and engine.pid is not None:
        engine.deadlines = _PATIENCE
        timer = threading.Timer(_AFTER_S, os.kill, (engine.pid, SIGNALS[task.ask]))
        timer.start()
        try:
            return engine.ask("decode", **task.question)
        finally:
            timer.cancel()
    return engine.ask("logits" if task.ask == NO_SPACE else "memory", **task.question)
