"""Logging and progress of entry modules: plain lines in a log, a live line on a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from scripts.lib.files import InputError


def run_main(body: Callable[[], None]) -> int:
    """Run an entry module's body; bad input ends it with one clear line and status 2."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
    )
    try:
        body()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
