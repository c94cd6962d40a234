"""Trials that a GPU's process is sent before it has answered the last: the GPU never waits for one.

Answers come in the order of the tasks. One that ends its process takes those behind it along; they
are sent again when it is their turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Any

from scripts.lib.isolate import Child, Failure


class Flight:
    """What was sent to ``worker`` and not yet asked for. ``deadline_s``: of each answer.

    A worker that a task ended has been started again when that task's answer is given.
    """

    def __init__(self, worker: Child, deadline_s: float) -> None:
        self._worker, self._deadline_s = worker, deadline_s
        self._sent: deque[Hashable] = deque()
        self._answers: dict[Hashable, Any] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._sent or key in self._answers

    def __len__(self) -> int:
        """Tasks that are not answered yet."""
        return len(self._sent)

    def begin(self, key: Hashable, task: Any) -> None:
        """Send a task, unless it was."""
        if key not in self:
            self._sent.append(key)
            self._worker.send(task)

    def end(self, key: Hashable) -> Any | None:
        """The answer, or a Failure; None if the task was lost with a process that another ended."""
        while key in self._sent:
            self._receive()
        return self._answers.pop(key, None)

    def land(self) -> None:
        """Wait for all answers, and keep them; before anything else is asked of the worker."""
        while self._sent:
            self._receive()

    def _receive(self) -> None:
        key = self._sent.popleft()
        answer = self._answers[key] = self._worker.receive(self._deadline_s)
        if isinstance(answer, Failure) and answer.kind != "error":
            self._sent.clear()
            self._worker.start()
