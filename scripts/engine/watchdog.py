"""A line on the memory in use at least every 30 seconds; where lines are missing, a run is not
trusted."""  # noqa: D205,D209

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from scripts.engine import card

EVERY_S = 30.0
# A line is late, and the run unwatched, from this on: the reading itself takes a second or two.
LATE_S = 1.5 * EVERY_S
Line = dict[str, Any]


def gpu_bytes_used() -> int | None:
    """Bytes in use by all processes on the GPU that engines see first; None where there is none."""
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        return int(float(card.asked(["memory.used"], units=False)[0]) * 2**20)
    return None


def resident_bytes(pid: int) -> int | None:
    """Bytes of main memory that a process has; None if it is gone."""
    with suppress(OSError, IndexError, ValueError):
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * 4096
    return None


class Watchdog:
    """Writes lines {at_s, gpu_bytes, resident_bytes{engine: bytes}} while it is entered.

    ``write``: takes each line; called in a thread of its own. ``used``: bytes on the GPU.
    """

    def __init__(
        self,
        write: Callable[[Line], object],
        used: Callable[[], int | None] = gpu_bytes_used,
        every_s: float = EVERY_S,
    ) -> None:
        self._write, self._used, self._every_s = write, used, every_s
        self._pids: dict[str, int] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._began = time.monotonic()

    def watch(self, name: str, pid: int) -> None:
        """From now on."""
        self._pids[name] = pid

    def leave(self, name: str) -> None:
        """It is gone."""
        self._pids.pop(name, None)

    def __enter__(self) -> Watchdog:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._line()

    def _run(self) -> None:
        while True:
            self._line()
            if self._done.wait(self._every_s):
                return

    def _line(self) -> None:
        pids = dict(self._pids)
        self._write({
            "at_s": round(time.monotonic() - self._began, 2),
            "gpu_bytes": self._used(),
            "resident_bytes": {name: resident_bytes(pid) for name, pid in pids.items()},
        })  # fmt: skip


def gaps(
    at_s: Sequence[float], until_s: float, late_s: float = LATE_S
) -> list[tuple[float, float]]:
    """Spans of a run of ``until_s`` seconds in which no line came for longer than ``late_s``."""
    marks = [0.0, *sorted(at_s), until_s]
    return [(a, b) for a, b in pairwise(marks) if b - a > late_s]
