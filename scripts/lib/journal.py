"""An append-only log of what ran, whoever started it: ``build/LOG.jsonl``, one JSON line an event.

``started``: time (UTC), step (its module), pid, command, commit. ``ended``: time, step, pid, status
(that of the process; 1 for a defect), seconds, commit, and the error if there was one. A step that
was killed has no second line. GRAPHX_LOG names another file; empty, nothing is logged.

The log says what happened on one machine: it holds times, so it is in no repository and no
result is made of it. That a line cannot be written never ends a step.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.lib.provenance import working_commit

VARIABLE = "GRAPHX_LOG"
_ROOT = Path(__file__).parents[2]
DEFAULT = _ROOT / "build/LOG.jsonl"


@dataclass
class End:
    """How a step ends: its exit status, and what it said to bad input."""

    status: int = 1
    error: str | None = None


@contextmanager
def logged(module: str) -> Iterator[End]:
    """Log the start and the end of a step; the block fills in how it ended."""
    step, started, end = _step(module), time.monotonic(), End()
    common = {"step": step, "pid": os.getpid(), "commit": working_commit(_ROOT)}
    append("started", **common, command=shlex.join(["python", "-m", step, *sys.argv[1:]]))
    try:
        yield end
    except BaseException as error:
        end.error = end.error or type(error).__name__
        raise
    finally:
        said = {"error": end.error} if end.error else {}
        seconds = round(time.monotonic() - started, 3)
        append("ended", **common, status=end.status, seconds=seconds, **said)


def _step(module: str) -> str:
    """The module's name, also where it runs as ``python -m``."""
    spec = getattr(sys.modules.get(module), "__spec__", None)
    return spec.name if spec else module


def append(event: str, **fields: Any) -> None:
    """Append one line, by one write to a file opened for appending, so that writers never mix."""
    path = os.environ.get(VARIABLE, str(DEFAULT))
    if not path:
        return
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = json.dumps({"time": now, "event": event, **fields}, ensure_ascii=False) + "\n"
    with suppress(OSError, ValueError):  # ValueError: a zero byte in the name
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(descriptor, line.encode("utf-8", "backslashreplace"))
        finally:
            os.close(descriptor)
