"""The budget of what travels with the repository: recorded files that would exceed it are named."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.lib.files import InputError
from scripts.lib.log import run_main

# A clone is to stay small enough to be tried on a whim: 40 MiB of files, of which code, pages and
# figures take 7.
BUDGET_MIB = 33
MIB = 1 << 20
NAMED = 5


def check_budget(paths: Sequence[str], budget: int = BUDGET_MIB * MIB) -> int:
    """Bytes of the files; InputError names the largest if they are more than ``budget``."""
    try:
        sizes = {path: Path(path).stat().st_size for path in dict.fromkeys(paths)}
    except OSError as error:
        raise InputError(f"{error.filename}: could not be read ({error.strerror})") from error
    total = sum(sizes.values())
    if total > budget:
        largest = sorted(sizes, key=lambda path: (-sizes[path], path))[:NAMED]
        named = ", ".join(f"{path} {sizes[path] / MIB:.1f}" for path in largest)
        raise InputError(
            f"data/store: {total / MIB:.1f} MiB of recorded files, {budget / MIB:.0f} are allowed; "
            f"the largest, in MiB: {named}; record a ledger as an archive "
            "(scripts.ledger.archive), no table that follows from one, or raise BUDGET_MIB in "
            "scripts/lib/store.py"
        )
    return total


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: python -m scripts.lib.store data/recorded/history.parquet",
    )
    parser.add_argument("files", nargs="+", help="the files that are to be stored, all of them")
    args = parser.parse_args(argv)
    return run_main(lambda: print(f"{check_budget(args.files) / MIB:.1f} MiB to be stored"))


if __name__ == "__main__":
    sys.exit(main())
