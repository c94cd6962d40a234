"""A command as a process that is watched: a line at least every few seconds, an end in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from scripts.lib.isolate import with_parent

EVERY_S = 5.0  # between lines
LOOK_S = 0.1
GRACE_S = 5.0  # to end after it was asked to
KILLED = 3  # status of what was ended in time, as of a sweep that paused


def watch(command: Sequence[str], log: Path, until: float, say: Callable[[str], None]) -> int:
    """Run ``python -m command``, its words into ``log``; its exit status, KILLED after ``until``.

    ``until``: monotonic seconds. ``say`` is told the log's last line and how long it takes. It is
    killed when this process is.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    began = said = time.monotonic()
    with log.open("ab") as words:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=words, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=with_parent(),  # noqa: PLW1509 - no thread is there
        )  # fmt: skip
        try:
            while process.poll() is None:
                now = time.monotonic()
                if now > until:
                    return _end(process)
                if now - said > EVERY_S:
                    say(f"{now - began:.0f} s; {last_line(log)}")
                    said = now
                time.sleep(LOOK_S)
        finally:
            if process.poll() is None:
                _end(process)
    return process.returncode


def _end(process: subprocess.Popen[bytes]) -> int:
    """Interrupt it with all that it started, and kill what is left. What is on disk stays."""
    for number, patience in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, GRACE_S)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            break
    return KILLED


def last_line(log: Path) -> str:
    """What was said last; empty if nothing was."""
    with log.open("rb") as words:
        words.seek(max(0, log.stat().st_size - 4096))
        lines = words.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip()[:200] if lines else ""
