"""Single source files of released packages, without the other hundreds of megabytes.

The package index is the one that pip is configured for. A wheel is a zip: its directory and the
wanted members are read by HTTP ranges and kept in the user's cache.
"""

from __future__ import annotations

import io
import json
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Sequence
from pathlib import Path

from scripts.lib.files import replacing

_CHUNK = 1 << 20  # bytes a request: a wheel's directory in one or two
_SECONDS = 60


class UnreachableError(Exception):
    """A release cannot be read: no network, no pip, or the index has no such release."""


def read_members(
    package: str, version: str, paths: Sequence[str], cache: Path | None = None
) -> dict[str, Path]:
    """Files of a release on this disk, by path in its wheel; a path that it lacks is left out.

    ``cache``: by default in the user's cache. UnreachableError if the index does not answer.
    """
    folder = (cache or _cache()) / f"{package}-{version}"
    index = folder / "members.json"
    known = set(json.loads(index.read_text())) if index.exists() else None
    wanted = [path for path in paths if known is None or path in known]
    if known is None or not all((folder / path).exists() for path in wanted):
        _fetch(package, version, wanted, folder)
        known = set(json.loads(index.read_text()))
    return {path: folder / path for path in paths if path in known}


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "graphx", "releases")


def _fetch(package: str, version: str, paths: Sequence[str], folder: Path) -> None:
    try:
        with zipfile.ZipFile(io.BufferedReader(_Ranges(_url(package, version)), _CHUNK)) as wheel:
            names = sorted(wheel.namelist())
            for path in set(paths) & set(names):
                with replacing(folder / path) as temporary:
                    temporary.write_bytes(wheel.read(path))
    except (OSError, zipfile.BadZipFile) as error:
        raise UnreachableError(f"{package} {version}: {error}") from error
    with replacing(folder / "members.json") as temporary:
        temporary.write_text(json.dumps(names))


def _url(package: str, version: str) -> str:
    """Where pip would take the wheel from; its metadata alone are fetched for that."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps"]
    command += ["--ignore-installed", "--only-binary=:all:", "--report", "-"]
    done = subprocess.run(
        [*command, f"{package}=={version}"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise UnreachableError(f"{package} {version}: {last}")
    return str(json.loads(done.stdout)["install"][0]["download_info"]["url"])


class _Ranges(io.RawIOBase):
    """A remote file that is read where it is read."""

    def __init__(self, url: str) -> None:
        self._url, self._at = url, 0
        self._trust = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None)
        with self._ask({}, "HEAD") as answer:
            self._size = int(answer.headers["Content-Length"])

    def _ask(self, headers: dict[str, str], method: str = "GET"):  # type: ignore[no-untyped-def]
        if not self._url.startswith(("https:", "http:")):
            raise UnreachableError(f"{self._url}: the index gives no web address")
        request = urllib.request.Request(self._url, headers=headers, method=method)
        return urllib.request.urlopen(request, timeout=_SECONDS, context=self._trust)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = (0, self._at, self._size)[whence] + offset
        return self._at

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        end = min(self._size, self._at + len(buffer))
        if end <= self._at:
            return 0
        with self._ask({"Range": f"bytes={self._at}-{end - 1}"}) as answer:
            if answer.status != 206:
                raise OSError("the index does not serve parts of files")
            data = answer.read()
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
