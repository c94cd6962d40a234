"""The lines between an engine and its supervisor: a JSON object each, one answer a question."""

from __future__ import annotations

import json
import os
import select
import time
from typing import Any

from scripts.engine.outcome import Outcome

_BLOCK = 1 << 16


class ClosedError(Exception):
    """The other end is gone."""


class GarbageError(Exception):
    """A line that is no answer."""


def line_of(value: dict[str, Any]) -> bytes:
    """An object as it is sent."""
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


class Reader:
    """Reads lines from a file descriptor, with deadlines."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._rest = descriptor, bytearray()

    def line(self, seconds: float) -> bytes:
        """The next line. TimeoutError after ``seconds``; ClosedError where there is no more."""
        until = time.monotonic() + seconds
        while b"\n" not in self._rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._descriptor], [], [], left)[0]:
                raise TimeoutError
            block = os.read(self._descriptor, _BLOCK)
            if not block:
                raise ClosedError
            self._rest += block
        line, _, rest = bytes(self._rest).partition(b"\n")
        self._rest = bytearray(rest)
        return line

    def answer(self, number: int, seconds: float) -> dict[str, Any]:
        """The answer to question ``number``; as ``line``, and GarbageError for anything else."""
        raw = self.line(seconds)
        try:
            value = json.loads(raw)
            known = value["id"] == number and Outcome(value["outcome"]) and "seconds" in value
        except (ValueError, KeyError, TypeError) as error:
            raise GarbageError(raw[:200].decode("utf-8", "replace")) from error
        if not known:
            raise GarbageError(raw[:200].decode("utf-8", "replace"))
        return dict(value)
