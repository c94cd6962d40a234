"""Many tasks on many child processes, where a task that crashes or hangs costs itself alone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing.connection import wait
from typing import Any, TypeVar

from scripts.lib.isolate import Child, Failure, Handler

Task = TypeVar("Task")


def run_all(
    make_handler: Callable[..., Handler],
    args: tuple[Any, ...],
    tasks: Sequence[Task],
    deadline_s: float,
    processes: int | None = None,
) -> Generator[tuple[Task, Any, float], None, None]:
    """Yield (task, what the handler returned or a Failure, seconds) in the order they end.

    Every child makes its own handler, ``make_handler(*args)``. Tasks are handed out in order, to
    as many children as there are ``processes`` (default: cores).
    """
    waiting = list(reversed(tasks))
    count = min(processes or os.cpu_count() or 1, len(tasks))
    children = [Child(make_handler, *args) for _ in range(count)]
    running: dict[Child, tuple[Task, float]] = {}
    try:
        while waiting or running:
            for child in children:
                if child not in running and waiting:
                    running[child] = (waiting.pop(), time.perf_counter())
                    child.send(running[child][0])
            wait([child.connection for child in running], timeout=1.0)
            yield from _finished(running, deadline_s)
    finally:
        for child in children:
            child.stop()


def _finished(
    running: dict[Child, tuple[Task, float]], deadline_s: float
) -> Iterator[tuple[Task, Any, float]]:
    for child, (task, began) in list(running.items()):
        seconds = time.perf_counter() - began
        if child.connection.poll():
            result = child.receive(0.0)
        elif seconds > deadline_s:
            child.stop()
            result = Failure("hung", f"no answer within {deadline_s:g} s")
        else:
            continue
        del running[child]
        if isinstance(result, Failure) and result.kind != "error":
            child.start()
        yield task, result, seconds
