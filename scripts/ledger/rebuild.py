"""Make the tables of the recorded datasets from their ledgers, several at a time.

They follow from the ledgers, so that they need not travel with the repository. What is there and
is the record stays; what is missing or altered is made, and held against the manifest.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from scripts.ledger.consolidate import FILES, consolidate
from scripts.lib import command_line
from scripts.lib.files import InputError, sha256
from scripts.lib.log import run_main
from scripts.lib.manifest import MANIFEST, read_manifest, verify
from scripts.lib.recordings import Recording, recordings

log = logging.getLogger("rebuild")
MEASURED = Path("data/recorded/measured")
WORK = Path("build")


def made_of_ledgers() -> list[Recording]:
    """The recordings whose tables are made here."""
    return [one for one in recordings() if Path(one.path).parent == MEASURED]


def files_of(one: Recording) -> list[str]:
    """Paths of a recording's tables."""
    return [f"{one.path}/{name}" for name in FILES]


def _is_record(path: str, digests: dict[str, str]) -> bool:
    return Path(path).is_file() and sha256(Path(path)) == digests.get(path)


def rebuild(one: Recording, wanted: Sequence[str], *, check: bool) -> None:
    """Make the ``wanted`` tables of a recording.

    ``check``: ledgers and tables must be those of the manifest, else InputError names the file
    and nothing of the recording is changed.
    """
    ledgers = [Path(verify(path) if check else path) for path in one.ledger_paths]
    WORK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tables-", dir=WORK) as name:
        consolidate(ledgers, Path(name))
        made = {path: Path(name, Path(path).name) for path in wanted}
        digests = read_manifest() if check else {}
        for path, new in made.items():
            if check and sha256(new) != digests.get(path):
                raise InputError(
                    f"{path}: made from its ledger it is not the one in {MANIFEST}; `make env` "
                    "installs the packages that made that one, `make record` declares this one "
                    "the record"
                )
        for path, new in made.items():
            new.replace(path)


def _job(job: tuple[Recording, list[str]], *, check: bool) -> None:
    rebuild(*job, check=check)


def rebuild_all(*, everything: bool) -> None:
    """Make what is missing or altered; ``everything``: all tables, of the ledgers as they are."""
    digests = {} if everything else read_manifest()
    jobs = []
    for one in made_of_ledgers():
        wanted = [path for path in files_of(one) if not _is_record(path, digests)]
        if wanted:
            jobs.append((one, wanted))
    # The longest first: the last one to end is then a short one.
    jobs.sort(key=lambda job: -sum(_size(path) for path in job[0].ledger_paths))
    if jobs:
        most = min(len(jobs), os.cpu_count() or 1)
        # Of millions of values none is in a cycle: to look for some takes a quarter of the time.
        with ProcessPoolExecutor(most, initializer=gc.disable) as pool:
            list(pool.map(partial(_job, check=not everything), jobs))
    log.info("tables of %d recordings made from their ledgers", len(jobs))


def _size(path: str) -> int:
    return Path(path).stat().st_size if Path(path).is_file() else 0


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command_line.parser(__doc__, "example: python -m scripts.ledger.rebuild")
    parser.add_argument("--all", action="store_true", help="all tables, without the manifest")
    parser.add_argument("--list", action="store_true", help="print the tables, make nothing")
    args = parser.parse_args(argv)

    def body() -> None:
        if args.list:
            print("\n".join(path for one in made_of_ledgers() for path in files_of(one)))
        else:
            rebuild_all(everything=args.all)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
