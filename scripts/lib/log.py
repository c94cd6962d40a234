"""Logging and progress of entry modules: plain lines in a log, a live line on a terminal."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable

from scripts.lib.files import InputError
from scripts.lib.journal import logged

# New objects before Python looks for unreachable cycles, and rounds before it looks among older
# ones. Steps hold tables of hundreds of thousands of objects and make hardly any cycle: at the
# default of 700 the search took two fifths of the ledger scan and a tenth of most other steps.
_COLLECT = (200_000, 20, 50)


def run_main(body: Callable[[], object], status: Callable[[], int] = lambda: 0) -> int:
    """Run an entry module's body; bad input ends it with one clear line and status 2.

    ``status``: asked after a body that ran to its end, what the exit status is. Start and end go
    into the log of events (scripts.lib.journal).
    """
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
    )
    gc.set_threshold(*_COLLECT)
    with logged(body.__module__) as end:
        try:
            body()
        except InputError as error:
            print(f"error: {error}", file=sys.stderr)
            end.status, end.error = 2, str(error)
        else:
            end.status = status()
    return end.status
