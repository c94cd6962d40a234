"""The hashes of the recorded files, so that an edited record is an error and not an input.

The manifest is in the format of ``sha256sum``: ``sha256sum -c data/recorded/SHA256SUMS`` checks
it too. It is in git, the files are not; whoever holds a commit can tell whether the files that
lie beside it are the ones that its results were computed from.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from scripts.lib import command_line
from scripts.lib.files import InputError, sha256, write_text
from scripts.lib.log import run_main

LOG = logging.getLogger(__name__)

MANIFEST = Path("data/recorded/SHA256SUMS")

EXAMPLE = """examples:
  python -m scripts.lib.manifest check
  python -m scripts.lib.manifest write data/recorded/history.parquet
"""

_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


def read_manifest(manifest: Path = MANIFEST) -> dict[str, str]:
    """Path (relative to the repository root) -> hex digest. InputError names a bad line."""
    try:
        lines = manifest.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise InputError(f"{manifest}: not found; it is in git: restore it from there") from error
    digests = {}
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise InputError(f"{manifest}:{number}: not a line of sha256sum; restore it from git")
        digests[match[2]] = match[1]
    return digests


def verify(path: str, manifest: Path = MANIFEST) -> str:
    """Return ``path`` if its content is the recorded one.

    Raises InputError naming the file and the fix if it is not in the manifest, absent or altered.
    """
    expected = read_manifest(manifest).get(path)
    if expected is None:
        raise InputError(f"{path}: not listed in {manifest}; `make record` adds a new recording")
    try:
        found = sha256(Path(path))
    except FileNotFoundError as error:
        raise InputError(f"{path}: not found; `make restore` fetches recorded data") from error
    if found != expected:
        raise InputError(
            f"{path}: edited or damaged, its sha256 is {found[:12]}… and {manifest} says "
            f"{expected[:12]}…; `make restore` brings the recorded file back, "
            "`make record` declares this one the record"
        )
    return path


def write_manifest(paths: Iterable[str], manifest: Path = MANIFEST) -> None:
    """Write the hashes of the recorded files; InputError names one that is absent."""
    lines = []
    for path in sorted(set(paths)):
        try:
            lines.append(f"{sha256(Path(path))}  {path}\n")
        except OSError as error:
            raise InputError(f"{path}: could not be read ({error.strerror})") from error
    write_text(manifest, "".join(lines))


def main(argv: list[str] | None = None) -> int:
    """Check or write the manifest of the repository in the working directory."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("action", choices=("check", "write"), help="what to do")
    parser.add_argument("files", nargs="*", help="write: the recorded files, all of them")
    args = parser.parse_args(argv)

    def body() -> None:
        if args.action == "write":
            write_manifest(args.files)
            LOG.info("%s: %d recorded files", MANIFEST, len(args.files))
            return
        for path in read_manifest():
            verify(path)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
