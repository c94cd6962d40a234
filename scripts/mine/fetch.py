"""Fetch the wheels of the pinned releases, those that are not there yet, with pip."""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
from pathlib import Path

from scripts.lib import command_line
from scripts.lib.files import InputError, sha256, write_text
from scripts.lib.log import run_main
from scripts.mine.upstream import RUNTIMES, Releases, read_pins
from scripts.mine.wheels import find_wheel

LOG = logging.getLogger("fetch")

EXAMPLE = """example:
  python -m scripts.mine.fetch --upstream data/upstream.yaml --runtime sglang --wheels build/wheels
"""
# The wheel of one platform, whatever this machine is: what is mined must not depend on it.
_PLATFORM = (
    "--no-deps", "--only-binary=:all:", "--python-version=3.11", "--implementation=cp",
    "--platform=manylinux_2_34_x86_64", "--platform=manylinux2014_x86_64",
)  # fmt: skip


def fetch(folder: Path, pin: Releases) -> list[Path]:
    """The wheels of all pinned releases in ``folder``; pip's own configuration names the index.

    Raises InputError with pip's last line if a release cannot be had. What is there already stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for version in pin.versions:
        if find_wheel(folder, pin.package, version) is None:
            LOG.info("%s %s", pin.package, version)
            _download(folder, f"{pin.package}=={version}")
        wheel = find_wheel(folder, pin.package, version)
        if wheel is None:
            raise InputError(f"{folder}: pip brought no wheel of {pin.package} {version}")
        found.append(wheel)
    return found


def _download(folder: Path, wanted: str) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command = [*pip, *_PLATFORM, "--dest", str(folder), wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise InputError(f"{wanted}: pip could not fetch it: {lines[-1]}")


def run(args: argparse.Namespace) -> None:
    """Fetch what is missing; list the wheels with their hashes where asked to."""
    pin = read_pins(args.upstream).get(args.runtime)
    if not isinstance(pin, Releases):
        raise InputError(f"{args.upstream}: pins no releases of {args.runtime}")
    wheels = fetch(args.wheels, pin)
    if args.out is not None:
        write_text(args.out, "".join(f"{sha256(path)}  {path.name}\n" for path in wheels))
    LOG.info("%d wheels in %s", len(wheels), args.wheels)


def main(argv: list[str] | None = None) -> int:
    """Command line of this step."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--upstream", type=Path, required=True, help="YAML file with the pins")
    parser.add_argument("--runtime", choices=RUNTIMES, required=True, help="whose releases")
    parser.add_argument("--wheels", type=Path, required=True, help="folder to keep the wheels in")
    parser.add_argument("--out", type=Path, help="text file to write: the wheels and their hashes")
    args = parser.parse_args(argv)
    return run_main(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
