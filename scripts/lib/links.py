"""The words of a hash chain: a line, what can be wrong with it, and the hash that links it."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

GENESIS = "0" * 64
Body = dict[str, Any]
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


class Problem(NamedTuple):
    """What is wrong with a line: its part (body, hash, prev, line), what, and what to do."""

    field: str
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.what}; {self.fix}"


_RESTORE = "restore the file from its recorded copy"
TORN = Problem(
    "line", "torn: its writer was killed", "run the sweep again, which sets this line aside"
)
NO_LINE = Problem("line", "not a ledger line", _RESTORE)
LOOSE = Problem(
    "prev", "does not follow the line before: one was deleted, added, moved or rewritten", _RESTORE
)
EDITED = Problem("body", "was edited after it was written", _RESTORE)


class Line(NamedTuple):
    """One line of a chain. ``number`` counts from 1; ``problem`` is None where the line holds.

    A line that cannot be read has an empty body, and no hash of its own or of the one before.
    """

    number: int
    body: Body
    hash: str
    problem: Problem | None
    prev: str = ""


def digest(previous: str, body: bytes) -> str:
    """SHA-256 over the previous line's hash and a body's text."""
    return hashlib.sha256(previous.encode() + body).hexdigest()


def line_text(line_hash: str, previous: str, body: bytes) -> bytes:
    """A line as it stands in a ledger."""
    return b'{"body":%b,"hash":"%b","prev":"%b"}\n' % (
        body, line_hash.encode(), previous.encode(),
    )  # fmt: skip
