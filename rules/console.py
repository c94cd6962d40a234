"""A line a step of what Snakemake reports on standard input; errors and all after them as they are.

Steps of a second or less stand in the line of the next one.

A fresh build reports some 14 lines a step, of which a person wants one: which, how far, how long.
While a step takes long, a line every ten seconds says what runs.
"""

from __future__ import annotations

import os
import re
import selectors
import sys
import time
from collections.abc import Iterator

_BEGAN = re.compile(r"^(?:local)?rule (\w+):$")
_ENDED = re.compile(r"^Finished jobid: \d+ \(Rule: (\w+)\)")
_STEPS = re.compile(r"^(\d+) of (\d+) steps")
_PLAIN = re.compile(r"^Nothing to be done")
# What begins an error of Snakemake, of Python, of a step.
_ERROR = re.compile(r"^\s*(Error|error:|Traceback|\w*(Error|Exception)\b|Exiting|Will exit)")
QUIET_S = 10.0  # longest silence
SHORT_S = 1.5  # which a quarter of the steps of a build do not reach


class Console:
    """What runs and for how long; ``says`` turns a line of the report into one to print, or none.

    ``failed``: an error was reported; from there on everything is printed.
    """

    def __init__(self) -> None:
        self.running: dict[str, float] = {}
        self.ended: list[str] = []
        self.long = False  # whether one of ``ended`` took long enough for a line
        self.failed = False

    def says(self, line: str, now: float) -> str | None:
        """``now`` in seconds of any clock."""
        if self.failed or _ERROR.match(line):
            self.failed = True
            return line
        if found := _BEGAN.match(line):
            self.running[found[1]] = now
        elif found := _ENDED.match(line):
            seconds = now - self.running.pop(found[1], now)
            self.ended.append(f"{found[1]}, {seconds:.0f} s")
            self.long = self.long or seconds >= SHORT_S
        elif found := _STEPS.match(line):
            if not self.long and found[1] != found[2]:
                return None
            names, self.ended, self.long = "; ".join(self.ended), [], False
            return f"{found[1]:>4} of {found[2]}  {names}"
        elif _PLAIN.match(line):
            return line
        return None

    def waits(self, now: float) -> str | None:
        """What to say after a silence; None if nothing runs."""
        if not self.running:
            return None
        names = (f"{name} ({now - since:.0f} s)" for name, since in self.running.items())
        return f"{'…':>4}  {', '.join(names)}"


def lines(descriptor: int, console: Console) -> Iterator[str]:
    """What to print of what comes in, until it ends."""
    selector, rest = selectors.DefaultSelector(), b""
    selector.register(descriptor, selectors.EVENT_READ)
    while True:
        if not selector.select(QUIET_S):
            if (said := console.waits(time.monotonic())) is not None:
                yield said
            continue
        block = os.read(descriptor, 1 << 16)
        *whole, rest = (rest + block).split(b"\n")
        if not block:
            whole = [rest] if rest else []
        for line in whole:
            said = console.says(line.decode(errors="replace"), time.monotonic())
            if said is not None:
                yield said
        if not block:
            return


if __name__ == "__main__":
    try:
        for text in lines(sys.stdin.fileno(), Console()):
            print(text, flush=True)
    except KeyboardInterrupt:
        pass
