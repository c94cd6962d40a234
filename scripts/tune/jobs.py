"""Which binaries a config is to a layer, as a process says that knows the kernels.

The command itself imports neither torch nor Triton: that takes seconds, and more beside the server
that imports them for all other processes.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from scripts.lib.config import Config
from scripts.lib.isolate import Child, Failure
from scripts.lib.shape import Shape
from scripts.tune.worker import make_namer

DEADLINE_S = 120.0


@dataclass(frozen=True)
class Task:
    """One binary. ``id``: as of scripts.measure.work.binaries.Job; ``job``: that, pickled."""

    id: str
    job: bytes = field(compare=False)


class JobNames:
    """Asks a process of the server. ``method``: as of ``Child``; ``run_time``: as in Conditions."""

    def __init__(self, run_time: Collection[str], method: str) -> None:
        self._run_time, self._turn = tuple(run_time), threading.Lock()
        self._known: dict[tuple[Config, Shape], list[Task]] = {}
        self._child = Child(make_namer, method=method)

    def __call__(self, configs: Iterable[Config], shape: Shape) -> list[Task]:
        """Both binaries of every config on a shape, each once."""
        wanted = list(configs)
        with self._turn:
            new = [one for one in wanted if (one, shape) not in self._known]
            if new:
                entries = [one.to_entry() for one in new]
                found = self._ask("jobs", entries, shape, self._run_time)
                for one, jobs in zip(new, found, strict=True):
                    self._known[one, shape] = [Task(name, job) for name, job in jobs]
            return list(dict.fromkeys(job for one in wanted for job in self._known[one, shape]))

    def target(self, arch: str) -> tuple[Any, ...]:
        """What Triton compiles for on an architecture, such as sm_90: backend, arch, warp size."""
        with self._turn:
            return tuple(self._ask("target", arch))

    def _ask(self, *task: Any) -> Any:
        answer = self._child.call(task, DEADLINE_S)
        if isinstance(answer, Failure):
            raise RuntimeError(f"the kernels could not be read: {answer.message}")
        return answer

    def stop(self) -> None:
        """End the process."""
        self._child.stop()
