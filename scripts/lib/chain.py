"""An append-only file of JSON lines in which every line holds the hash of the one before.

A line is on disk before ``append`` returns. Threads and processes may write to one file at the
same time. A writer that is killed can leave one torn line at the end and nothing else; the next
writer sets that line aside and goes on.

The chain shows lines edited, deleted, added or moved. It cannot show that its last lines are
missing, nor that it was written anew from some line on: for that a recorded ledger's hash stands
in the manifest (scripts.lib.manifest).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import gzip
import json
import lzma
import os
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from scripts.lib import columns
from scripts.lib.files import InputError, unreadable
from scripts.lib.links import (
    EDITED,
    GENESIS,
    LOOSE,
    NO_LINE,
    TORN,
    Body,
    Line,
    canonical,
    digest,
    line_text,
)  # fmt: skip

__all__ = [
    "GENESIS", "Body", "Chain", "Line", "check_chain", "line_hash", "read_chain", "read_lines",
]  # fmt: skip

_OPENERS: dict[str, Any] = {".gz": gzip.open, ".xz": lzma.open}
_LINE = re.compile(rb'\{"body":(\{.*\}),"hash":"([0-9a-f]{64})","prev":"([0-9a-f]{64})"\}\n')


def line_hash(previous: str, body: Body) -> str:
    """Hash of a line: SHA-256 over the previous hash and the body in canonical JSON."""
    return digest(previous, canonical(body).encode())


def read_chain(path: Path) -> Iterator[Body]:
    """Yield the bodies of a whole chain; as ``read_lines``."""
    return (line.body for line in read_lines(path))


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a whole chain (plain, ``.gz``, ``.xz``, or an archive of columns).

    Raises InputError naming the line at which a line was edited, deleted, added or torn.
    """
    for line in check_chain(path):
        if line.problem:
            raise InputError(f"{path}:{line.number}: {line.problem}")
        yield line


def check_chain(path: Path) -> Iterator[Line]:
    """Yield every line of a chain, each with what is wrong with it; reading goes on after that.

    Raises InputError if the file is absent or not readable as a whole.
    """
    opener = _OPENERS.get(path.suffix, open)
    try:
        if path.name.endswith(columns.SUFFIX):
            yield from columns.check_columns(path)
            return
        with opener(path, "rb") as handle:
            yield from _check_lines(handle)
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError) as error:
        raise InputError(f"{path}: not a readable ledger ({error})") from error
    except OSError as error:
        raise unreadable(path, error) from error


def _check_lines(handle: Iterable[bytes]) -> Iterator[Line]:
    previous: str | None = GENESIS
    for number, raw in enumerate(handle, start=1):
        line = _check_line(number, raw, previous)
        yield line
        # After a line that cannot be read, the next one is not blamed for what it follows.
        previous = line.hash or None


def _check_line(number: int, raw: bytes, previous: str | None) -> Line:
    match = _LINE.fullmatch(raw)
    try:
        body: Body = json.loads(match[1]) if match else {}
    except ValueError:
        match = None
    if match is None:
        return Line(number, {}, "", NO_LINE if raw.endswith(b"\n") else TORN)
    found, prev, problem = match[2].decode(), match[3].decode(), None
    if previous is not None and prev != previous:
        problem = LOOSE
    elif found != digest(prev, match[1]):
        problem = EDITED
    return Line(number, body, found, problem, prev)


class Chain:
    """A writer. Any number of them may hold the same file: each append waits for its turn.

    ``bodies`` and ``hashes`` are the lines at the time of opening. A forked process opens the
    file anew.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        # Unbuffered: what a full disk refused must not be tried again when the file is closed.
        self._file = path.open("a+b", buffering=0)
        self._process, self._turn = os.getpid(), threading.Lock()
        self._lines, self._end, self._last = 0, 0, GENESIS
        with self._alone():
            lines = list(self._catch_up())
        self.bodies = [line.body for line in lines]
        self.hashes = [line.hash for line in lines]

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if os.getpid() != self._process:
            # The lock belongs to the open file, which parent and child share: both would pass.
            raise RuntimeError(f"{self.path}: a forked process must open the ledger itself")
        with self._turn:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _catch_up(self) -> Iterator[Line]:
        """Read and check what others wrote since the last look; set a torn line aside."""
        status = os.fstat(self._file.fileno())
        if status.st_size < self._end or not status.st_nlink:
            raise InputError(f"{self.path}: was cut off or deleted while it was being written to")
        with open(self._file.fileno(), "rb", closefd=False) as reader:
            reader.seek(self._end)
            for raw in reader:
                if not raw.endswith(b"\n"):
                    self._set_aside(raw)
                    return
                line = _check_line(self._lines + 1, raw, self._last)
                if line.problem:
                    raise InputError(f"{self.path}:{line.number}: {line.problem}")
                self._advance(1, len(raw), line.hash)
                yield line

    def _advance(self, lines: int, size: int, last: str) -> None:
        self._lines, self._end, self._last = self._lines + lines, self._end + size, last

    def _set_aside(self, torn: bytes) -> None:
        with self.path.with_name(self.path.name + ".torn").open("ab") as handle:
            handle.write(torn + b"\n")
        self._file.truncate(self._end)

    def append(self, body: Body, *, sync: bool = True) -> str:
        """Write one line, wait until it is on disk, return its hash; as ``extend``."""
        return self.extend([body], sync=sync)[0]

    def extend(self, bodies: Iterable[Body], *, sync: bool = True) -> list[str]:
        """Write lines that nobody else's come between, wait once, return their hashes.

        Without ``sync`` a killed process still loses none of them; call ``sync`` later, so that
        a machine that loses its power does not either.

        On a full disk (InputError) none of them is written. If the process is killed meanwhile,
        the first of them may be there and the others not.
        """
        with self._alone():
            for _ in self._catch_up():
                pass
            last, hashes, data = self._last, [], bytearray()
            for body in bodies:
                text = canonical(body).encode()
                previous, last = last, digest(last, text)
                data += line_text(last, previous, text)
                hashes.append(last)
            self._write(bytes(data), sync)
            self._advance(len(hashes), len(data), last)
        return hashes

    def _write(self, data: bytes, sync: bool) -> None:
        try:
            if self._file.write(data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if sync:
                os.fsync(self._file.fileno())
        except OSError as error:
            self._file.truncate(self._end)
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> InputError:
        return InputError(
            f"{self.path}: a line could not be written ({error.strerror}); all before it is safe. "
            "Free some space and run the same command again"
        )

    def sync(self) -> None:
        """Wait until all that was written is on disk; InputError if the disk refuses it."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._refused(error) from error

    def close(self) -> None:
        """Release the file."""
        self._file.close()
