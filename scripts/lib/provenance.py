"""Where results come from: pinned packages, dataset hashes, the upstream commit.

What results hold is read from files of the repository, never from the running machine, so that two
machines that rebuild the same results also agree on their provenance. Measurements and the log of
events say the commit of the working copy, too.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from scripts.lib.absent import not_found
from scripts.lib.files import InputError, read_yaml, sha256

_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def pinned_packages(lock: Path) -> dict[str, str]:
    """Package -> version, from a lock file of ``name==version`` lines.

    Comments, options and continuation lines of hashes are passed over. InputError if the file is
    absent, pins nothing or pins one package twice.
    """
    packages: dict[str, str] = {}
    for line in _read(lock).splitlines():
        match = _PIN.match(line)
        if match is None:
            continue
        if match[1] in packages:
            raise InputError(f"{lock}: {match[1]} is pinned twice; make the lock again")
        packages[match[1]] = match[2]
    if not packages:
        raise InputError(f"{lock}: pins no package; expected lines such as numpy==2.4.6")
    return packages


def dataset_hashes(paths: Iterable[Path]) -> dict[str, str]:
    """Path as given (with forward slashes) -> sha256 of the content. InputError if absent."""
    hashes = {}
    for path in paths:
        if not path.is_file():
            raise not_found(path)
        hashes[path.as_posix()] = sha256(path)
    return hashes


def upstream_commit(path: Path) -> str:
    """The commit of vLLM that data/upstream.yaml pins. InputError unless it is a full hash."""
    value = read_yaml(path)
    value = value.get("vllm", value) if isinstance(value, dict) else value
    commit = value.get("commit") if isinstance(value, dict) else None
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise InputError(f"{path}: commit is {commit!r}; write the full hash of 40 hex digits")
    return commit


def working_commit(folder: Path) -> str | None:
    """The commit of a working copy; GRAPHX_COMMIT where there is no git (a copied tree)."""
    if given := os.environ.get("GRAPHX_COMMIT"):
        return given
    command = ["git", "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: could not be read ({error})") from error
