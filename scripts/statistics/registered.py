"""What came of each figure that was registered of a GPU before it was measured, failures included.

A figure is reached if its estimate is; the interval stands beside it. One that has nothing to reach
is stated. As long as nothing is recorded on the GPU, all of them are not measured. Those of a
hidden registration are about searches on the GPU itself, all others about replayed ones.
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
from scripts.lib.registration import Entry, device_of, entries, is_hidden
from scripts.lib.schemas.cold import COLD
from scripts.lib.schemas.cold_live import COLD_LIVE
from scripts.lib.schemas.registered import OUTCOMES
from scripts.lib.spec import LOCK, read_lock
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options

REACHED, MISSED, STATED, NOT_MEASURED = "reached", "missed", "stated", "not measured"
# Of the others, the lower the better.
HIGHER = {"win", "non_inferior", "within_2"}
EXAMPLE = (
    "python -m scripts.statistics.registered --cold cold.parquet --live cold_live.parquet"
    " --lock data/spec.lock.json --out registered_outcomes.parquet"
)


def outcomes(
    cold: pd.DataFrame, live: pd.DataFrame, registered: Mapping[str, Entry]
) -> pd.DataFrame:
    """OUTCOMES. ``cold``: COLD; ``live``: COLD_LIVE; ``registered``: name -> what was locked of it
    first."""  # noqa: D205,D209
    whole = live[live["group"] == "all"]
    rows = [
        row
        for name, entry in registered.items()
        for row in _of(whole if is_hidden(name) else cold, name, entry)
    ]
    return pd.DataFrame(rows, columns=OUTCOMES.names)


def _of(found_in: pd.DataFrame, name: str, entry: Entry) -> Iterator[dict[str, Any]]:
    device = device_of(name)
    mine = found_in[found_in["device"] == device]
    for metric, wanted in entry.figures.items():
        about: dict[str, Any] = {"device": device, "hidden": is_hidden(name), "locked": entry.date}
        about |= {"metric": metric, "to_reach": wanted}
        found = mine[mine["metric"] == metric]
        if found.empty:
            yield about | {"word": NOT_MEASURED}
        for _, row in found.iterrows():
            measured = {key: row[key] for key in ("source", "value", "low", "high", "n")}
            yield about | measured | {"word": word(metric, wanted, float(row["value"]))}


def word(metric: str, wanted: float | None, value: float) -> str:
    """REACHED, MISSED or STATED."""
    if wanted is None:
        return STATED
    return REACHED if (value >= wanted if metric in HIGHER else value <= wanted) else MISSED


def registered(lock: Path) -> dict[str, Entry]:
    """Name -> the first entry of the lock on it, sorted by name."""
    if not lock.is_file():
        raise InputError(f"{lock}: not found; restore it")
    versions = read_lock(lock)
    if not versions:
        raise InputError(f"{lock}: holds no version of the spec; restore it")
    names = sorted({name for version in versions for name in version.registered})
    return {name: entries(name, lock)[0] for name in names}


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--cold", type=Path, required=True, help="COLD table")
    parser.add_argument("--live", type=Path, required=True, help="COLD_LIVE table")
    parser.add_argument("--lock", type=Path, default=LOCK, help="the spec's lock (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="OUTCOMES table to write")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Parse, read, judge, write."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        tables = read_table(args.cold, COLD), read_table(args.live, COLD_LIVE)
        found = outcomes(*tables, registered(args.lock))
        write_table(args.out, found, OUTCOMES)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
