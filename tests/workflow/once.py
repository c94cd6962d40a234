"""What takes minutes is made once in a run of the tests, however many processes it has."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path


def once(folder: Path, make: Callable[[Path], object]) -> Path:
    """``folder`` after ``make(folder)``, which the first process to ask runs; others wait for it.

    Where it failed nobody tries again: the next ones fail with what the first one said.
    """
    made, failed = (folder.with_name(f"{folder.name}.{word}") for word in ("made", "failed"))
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # freed by the system, should its holder die
        if failed.exists():
            raise AssertionError(failed.read_text(encoding="utf-8"))
        if not made.exists():
            failed.write_text(f"{folder} was begun and not ended", encoding="utf-8")
            try:
                make(folder)
            except BaseException as error:
                failed.write_text(f"{folder}: {error}", encoding="utf-8")
                raise
            failed.unlink()
            made.touch()
    return folder
