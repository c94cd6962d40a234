"""Archive a finished ledger as columns (``.columns.xz``), or write an archive's lines again.

The archive is what is recorded; the lines that are made of it are the sweep's, byte for byte.
Both ways the chain is checked, and nothing is written of a ledger in which a line is wrong.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from scripts.lib import command_line
from scripts.lib.chain import read_lines
from scripts.lib.columns import SUFFIX, rows_of, write_columns
from scripts.lib.files import InputError, replacing
from scripts.lib.links import canonical, line_text
from scripts.lib.log import run_main

log = logging.getLogger("archive")


def archive(ledger: Path, out: Path) -> None:
    """Write ``out``: an archive of a ledger's lines, or the lines (``.jsonl``) of an archive.

    InputError names a broken line, or an ``out`` of another kind.
    """
    if out.name.endswith(SUFFIX):
        write_columns(out, rows_of(read_lines(ledger), ledger))
    elif out.suffix == ".jsonl":
        with replacing(out) as temporary, temporary.open("wb") as handle:
            for line in read_lines(ledger):
                handle.write(line_text(line.hash, line.prev, canonical(line.body).encode()))
    else:
        raise InputError(f"{out}: name it *{SUFFIX} for an archive, *.jsonl for lines")
    log.info("%s: %d bytes", out, out.stat().st_size)


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command_line.parser(
        __doc__,
        "example: python -m scripts.ledger.archive --ledger build/live/ledger.jsonl "
        f"--out data/recorded/measured/nvidia_h200-bf16/ledger{SUFFIX}",
    )
    parser.add_argument("--ledger", type=Path, required=True, help="plain, .gz, .xz or an archive")
    parser.add_argument("--out", type=Path, required=True, help=f"*{SUFFIX} or *.jsonl")
    args = parser.parse_args(argv)
    return run_main(lambda: archive(args.ledger, args.out))


if __name__ == "__main__":
    sys.exit(main())
