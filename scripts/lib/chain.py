"""An append-only file of JSON lines in which every line holds the hash of the one before.

A line is on disk before ``append`` returns. A run that is killed can leave one torn line at the
end and nothing else; opening the file again sets that line aside and goes on.
"""

from __future__ import annotations

import errno
import fcntl
import gzip
import hashlib
import json
import lzma
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError

GENESIS = "0" * 64
Body = dict[str, Any]
_OPENERS: dict[str, Any] = {".gz": gzip.open, ".xz": lzma.open}


def line_hash(previous: str, body: Body) -> str:
    """Hash of a line: SHA-256 over the previous hash and the body in canonical JSON."""
    return hashlib.sha256((previous + _canonical(body)).encode()).hexdigest()


def _canonical(body: Body) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read_chain(path: Path) -> Iterator[Body]:
    """Yield the bodies of a whole chain (plain, ``.gz`` or ``.xz``).

    Raises InputError naming the line at which a line was edited, deleted, added or torn.
    """
    previous = GENESIS
    opener = _OPENERS.get(path.suffix, open)
    try:
        with opener(path, "rt", encoding="utf-8") as handle:
            for number, text in enumerate(handle, start=1):
                body, previous = _checked(path, number, text, previous)
                yield body
    except FileNotFoundError as error:
        raise InputError(f"{path}: not found") from error
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable ledger ({error})") from error


def _checked(path: Path, number: int, text: str, previous: str) -> tuple[Body, str]:
    try:
        line = json.loads(text)
        body, prev, found = line["body"], line["prev"], line["hash"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{path}:{number}: not a ledger line ({error!r})") from error
    if prev != previous:
        raise InputError(
            f"{path}:{number}: does not follow the line before it; a line was deleted, added or "
            "moved. Restore the file from its recorded copy"
        )
    if found != line_hash(prev, body):
        raise InputError(f"{path}:{number}: was edited after it was written; restore the file")
    return body, found


class Chain:
    """The writer. One process at a time holds the file; a second one is refused."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        # Unbuffered: what a full disk refused must not be tried again when the file is closed.
        self._file = path.open("a+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(f"{path}: another run is writing to it") from error
        self._set_aside_torn_line()
        self.bodies = list(read_chain(path))
        self._last = GENESIS
        if self.bodies:
            self._file.seek(0)
            self._last = json.loads(self._file.read().splitlines()[-1])["hash"]

    def _set_aside_torn_line(self) -> None:
        self._file.seek(0)
        data = self._file.read()
        keep = data.rfind(b"\n") + 1
        if keep < len(data):
            torn = self.path.with_name(self.path.name + ".torn")
            with torn.open("ab") as handle:
                handle.write(data[keep:] + b"\n")
            self._file.truncate(keep)

    def append(self, body: Body) -> None:
        """Write one line and wait until it is on disk; InputError if the disk is full."""
        current = line_hash(self._last, body)
        text = _canonical({"body": body, "prev": self._last, "hash": current})
        data, end = text.encode() + b"\n", self._file.seek(0, os.SEEK_END)
        try:
            if self._file.write(data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file.fileno())
        except OSError as error:
            self._file.truncate(end)
            raise InputError(
                f"{self.path}: a line could not be written ({error.strerror}); all before it is "
                "safe. Free some space and run the same command again"
            ) from error
        self._last = current

    def close(self) -> None:
        """Release the file."""
        self._file.close()
