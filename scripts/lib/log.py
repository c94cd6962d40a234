"""Logging and progress of entry modules: plain lines in a log, a live line on a terminal."""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from scripts.lib.files import InputError, unreadable
from scripts.lib.journal import logged
from scripts.lib.memory import keep_memory

INTERRUPTED = 130


def run_main(body: Callable[[], object], status: Callable[[], int] = lambda: 0) -> int:
    """Run an entry module's body; bad input ends it with one clear line and status 2, Ctrl-C with
    one and status 130.

    ``status``: asked after a body that ran to its end, what the exit status is. Start and end go
    into the log of events (scripts.lib.journal).
    """  # noqa: D205
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
    )
    keep_memory()
    with logged(body.__module__) as end:
        try:
            body()
            sys.stdout.flush()
        except InputError as error:
            end.status, end.error = 2, str(error)
        except OSError as error:
            said = _of_the_machine(error)
            if said is None:
                raise
            end.status, end.error = 2, said
        except KeyboardInterrupt:
            end.status, end.error = interrupted(), "interrupted"
        else:
            end.status = status()
        if end.status == 2 and end.error:
            print(f"error: {end.error}", file=sys.stderr)
    return end.status


def _of_the_machine(error: OSError) -> str | None:
    """What is wrong with a file or a disk, in words; None for what is a defect of ours."""
    if error.filename is not None:
        return str(unreadable(Path(str(error.filename)), error))
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"the output could not be written ({error.strerror}); make room and run it again"
    return None


def interrupted() -> int:
    """Say so in a line; the exit status that shells give to Ctrl-C."""
    # The cursor stands behind what the terminal shows of the key, and maybe a bar of progress.
    print("\ninterrupted; files are whole or were not written", file=sys.stderr)
    return INTERRUPTED
