"""One run at a time on one ledger: two would measure the same cells twice."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.lib.files import InputError

# The worker of a sweep that was just killed holds the lock until it is gone too.
PATIENCE_S = 5.0
SWEEP = "another sweep is writing to it; wait for it, or give all GPUs to one sweep with --gpus"


@contextlib.contextmanager
def exclusive(ledger: Path, patience_s: float = PATIENCE_S, held: str = SWEEP) -> Iterator[None]:
    """Hold the file ``<ledger>.lock`` for the block; the system frees it however a process ends.

    InputError if another process holds it; ``held`` says which, and what to do.
    """
    ledger.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + patience_s
    with ledger.with_name(ledger.name + ".lock").open("a") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > until:
                    raise InputError(f"{ledger}: {held}") from error
                time.sleep(0.1)
        yield
