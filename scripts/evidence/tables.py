"""Tables of the recorded sets of evidence, and of each re-run against the set that it repeats."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from scripts.evidence import rows
from scripts.evidence.collect import read_set
from scripts.evidence.joined import joined, sides
from scripts.evidence.verdict import compare
from scripts.lib.command_line import parser
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas import evidence as schema
from scripts.lib.tables import write_table

EXAMPLE = (
    "python -m scripts.evidence.tables --sets data/recorded/evidence/a data/recorded/evidence/b"
    " --repeats a=b --out results/tables/evidence"
)


def tables(folders: list[Path], repeats: list[tuple[str, str]]) -> dict[str, pd.DataFrame]:
    """By name of the table. ``repeats``: (first, second), names of the sets' folders, in time."""
    held = {folder.name: read_set(folder) for folder in folders}
    unknown = [name for pair in repeats for name in pair if name not in held]
    if unknown:
        raise InputError(f"--repeats: {unknown[0]} is not among --sets")
    found: dict[str, list[rows.Row]] = {table.name: [] for table in schema.TABLES}
    for name, one in held.items():
        found["evidence_legs"] += rows.legs(name, one)
        found["evidence_starts"] += rows.starts(name, one)
    for names in sides(repeats, held):
        first, second = (joined([held[name] for name in side]) for side in names)
        labels = (" and ".join(names[0]), " and ".join(names[1]))
        made = rows.comparison(labels, first, second, compare(first, second))
        for name, more in made.items():
            found[name] += more
    return {
        table.name: pd.DataFrame(found[table.name], columns=table.names) for table in schema.TABLES
    }


def _pair(text: str) -> tuple[str, str]:
    first, sign, second = text.partition("=")
    if not (first and sign and second):
        raise argparse.ArgumentTypeError(f"{text!r}: write FIRST=SECOND")
    return first, second


def main(argv: list[str] | None = None) -> int:
    """Read the sets, compare, write the tables."""
    made = parser(__doc__, EXAMPLE)
    made.add_argument("--sets", type=Path, nargs="*", default=[], help="folders of recorded sets")
    made.add_argument("--repeats", type=_pair, nargs="*", default=[], help="FIRST=SECOND, names")
    made.add_argument("--out", type=Path, required=True, help="folder of the tables")
    arguments = made.parse_args(argv)

    def body() -> None:
        for name, frame in tables(arguments.sets, arguments.repeats).items():
            one = next(table for table in schema.TABLES if table.name == name)
            write_table(arguments.out / f"{name}.parquet", frame, one)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
