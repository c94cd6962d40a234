"""Turns on the GPU: of several booted engines one at a time works, so that none is timed beside
another."""  # noqa: D205,D209

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def turn(lock: Path | None) -> Iterator[None]:
    """Hold the GPU's turn, a lock on the file; wait for it. None: nobody else is there.

    The lock is let go with the process that holds it, however it ends.
    """
    if lock is None:
        yield
        return
    with _held(lock, fcntl.LOCK_EX):
        yield


@contextlib.contextmanager
def nobody_is_timed(lock: Path) -> Iterator[None]:
    """Hold the turn together with others who do the same: they boot beside each other, and nobody
    is timed before all of them are done."""  # noqa: D205,D209
    with _held(lock, fcntl.LOCK_SH):
        yield


@contextlib.contextmanager
def _held(lock: Path, how: int) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("ab") as handle:
        fcntl.flock(handle, how)
        yield
