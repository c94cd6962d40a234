"""The same few cores for whatever is timed, so that engines do not differ by where they run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_THREADS = Path("/proc/self/task")


@contextmanager
def pinned(count: int) -> Iterator[list[int]]:
    """All threads of this process on ``count`` of the cores that it may use; which they are.

    None of them, and nothing is done, if ``count`` is 0 or the system has no such call.
    """
    if not count or not hasattr(os, "sched_setaffinity"):
        yield []
        return
    every = os.sched_getaffinity(0)
    few = set(sorted(every)[-count:])
    _bind(few)
    try:
        yield sorted(few)
    finally:
        _bind(every)


def _bind(cores: set[int]) -> None:
    for thread in [int(one.name) for one in _THREADS.iterdir()]:
        with suppress(OSError):  # it has ended meanwhile
            os.sched_setaffinity(thread, cores)
