"""What came of each figure that was registered of a GPU before it was measured, failures included.

A figure is reached if its estimate is; the interval stands beside it. One that has nothing to reach
is stated. As long as nothing is recorded on the GPU, all of them are not measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.registration import Entry, entries
from scripts.lib.schemas.cold import COLD
from scripts.lib.schemas.registered import OUTCOMES
from scripts.lib.spec import LOCK, read_lock
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options

REACHED, MISSED, STATED, NOT_MEASURED = "reached", "missed", "stated", "not measured"
# Of the others, the lower the better.
HIGHER = {"win", "non_inferior", "within_2"}
EXAMPLE = (
    "python -m scripts.statistics.registered --cold cold.parquet --lock data/spec.lock.json"
    " --out registered_outcomes.parquet"
)


def outcomes(cold: pd.DataFrame, registered: Mapping[str, Entry]) -> pd.DataFrame:
    """OUTCOMES. ``cold``: COLD; ``registered``: GPU -> what was locked of it first."""
    rows = [row for device, entry in registered.items() for row in _of(cold, device, entry)]
    return pd.DataFrame(rows, columns=OUTCOMES.names)


def _of(cold: pd.DataFrame, device: str, entry: Entry) -> Iterator[dict[str, Any]]:
    mine = cold[cold["device"] == device]
    for metric, wanted in entry.figures.items():
        about: dict[str, Any] = {"device": device, "locked": entry.date}
        about |= {"metric": metric, "to_reach": wanted}
        found = mine[mine["metric"] == metric]
        if found.empty:
            yield about | {"word": NOT_MEASURED}
        for _, row in found.iterrows():
            measured = {name: row[name] for name in ("source", "value", "low", "high", "n")}
            yield about | measured | {"word": word(metric, wanted, float(row["value"]))}


def word(metric: str, wanted: float | None, value: float) -> str:
    """REACHED, MISSED or STATED."""
    if wanted is None:
        return STATED
    return REACHED if (value >= wanted if metric in HIGHER else value <= wanted) else MISSED


def registered(lock: Path) -> dict[str, Entry]:
    """GPU -> the first entry of the lock on it, sorted by GPU."""
    if not lock.is_file():
        raise InputError(f"{lock}: not found; restore it")
    versions = read_lock(lock)
    if not versions:
        raise InputError(f"{lock}: holds no version of the spec; restore it")
    devices = sorted({name for version in versions for name in version.registered})
    return {device: entries(device, lock)[0] for device in devices}


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--cold", type=Path, required=True, help="COLD table")
    parser.add_argument("--lock", type=Path, default=LOCK, help="the spec's lock (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="OUTCOMES table to write")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Parse, read, judge, write."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        found = outcomes(read_table(args.cold, COLD), registered(args.lock))
        write_table(args.out, found, OUTCOMES)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
