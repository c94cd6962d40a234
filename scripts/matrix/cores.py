"""The same few cores for all that is timed in a round, so that engines do not differ by where."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_THREADS = Path("/proc/self/task")


@contextmanager
def pinned(count: int, number: int = 0) -> Iterator[list[int]]:
    """All threads of this process on ``count`` of the cores that it may use; which they are.

    ``number``: of the round; the next one has the next cores, in the end all have had their turn.
    Nothing is done, and none is said, if ``count`` is 0 or the system has no such call.
    """
    if not count or not hasattr(os, "sched_setaffinity"):
        yield []
        return
    every = os.sched_getaffinity(0)
    few = set(few_of(sorted(every), count, number))
    _bind(few)
    try:
        yield sorted(few)
    finally:
        _bind(every)


def few_of(every: list[int], count: int, number: int) -> list[int]:
    """``count`` of the cores for a round; all, if there are not more."""
    places = len(every) // count or 1
    return every[number % places * count :][:count]


def _bind(cores: set[int]) -> None:
    for thread in [int(one.name) for one in _THREADS.iterdir()]:
        with suppress(OSError):  # it has ended meanwhile
            os.sched_setaffinity(thread, cores)
