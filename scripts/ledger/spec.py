"""Lock data/spec.yaml as it stands as a new version, with the reason for the change.

Earlier versions stay in the lock: what was recorded under one of them is judged by it. Run it when
data/spec.yaml was changed on purpose and its `version` raised by one.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from scripts.lib import command_line
from scripts.lib.files import InputError, read_yaml, sha256
from scripts.lib.log import run_main
from scripts.lib.spec import LOCK, SPEC, Locked, parse_spec, read_lock, write_lock

log = logging.getLogger("spec")


def next_version(spec: Path, lock: Path, reason: str, date: str) -> list[Locked]:
    """The lock's versions with the spec's present content as the last.

    InputError if nothing changed, the version is not the next one or the reason is empty.
    """
    versions, content = read_lock(lock), parse_spec(read_yaml(spec), str(spec))
    digest, expected = sha256(spec), len(versions) + 1
    if any(version.sha256 == digest for version in versions):
        raise InputError(f"{spec}: this content is locked already; change it first")
    if content.version != expected:
        raise InputError(f"{spec}: version is {content.version}; the next one is {expected}")
    if not reason.strip():
        raise InputError("--reason is empty; say why the spec changes")
    return [*versions, Locked(expected, digest, date, reason.strip(), asdict(content))]


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command_line.parser(
        __doc__,
        'example: python -m scripts.ledger.spec --reason "drift band: half of what finals bear"',
    )
    parser.add_argument("--reason", required=True, help="why the spec changes, one sentence")
    parser.add_argument("--spec", type=Path, default=SPEC, help=f"the spec ({SPEC})")
    parser.add_argument("--lock", type=Path, default=LOCK, help=f"its lock ({LOCK})")
    args = parser.parse_args(argv)

    def body() -> None:
        today = datetime.now(UTC).strftime("%Y-%m-%d")
        versions = next_version(args.spec, args.lock, args.reason, today)
        write_lock(args.lock, versions)
        log.info("%s: version %d, %s", args.lock, len(versions), versions[-1].hash)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
