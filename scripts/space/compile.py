"""Compile the binaries of search spaces for their GPUs, none of which need be there.

One table per (architecture, scheme): representatives of the space that the formulas let through,
the committed configs of all GPUs, and binaries drawn at random that check both.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd

from scripts.lib import command_line
from scripts.lib.config import Config, parse_id
from scripts.lib.crew import run_all
from scripts.lib.files import InputError
from scripts.lib.isolate import Failure
from scripts.lib.log import run_main
from scripts.lib.schemas.history import HISTORY, Status
from scripts.lib.schemas.space import COMPILED
from scripts.lib.tables import read_table, write_table
from scripts.space.binaries import Binary, binaries_of, committed_binaries
from scripts.space.cache import Cache, cache_key
from scripts.space.compiled import COMMITTED, compiled_table, table_name
from scripts.space.compiler import Compiler, result_of
from scripts.space.targets import add_targets, pairs_of

LOG = logging.getLogger("space.compile")

# Some hundred times the median, and above the slowest that ends.
DEADLINE_S = 300.0
_PROGRESS_S = 8.0

EXAMPLE = """example:
  python -m scripts.space.compile --target NVIDIA_H200=bf16,fp8_w8a8 \\
    --target AMD_Instinct_MI300X=all --history data/recorded/history.parquet \\
    --cache build/space-cache.jsonl --out build/live/space
"""


def binaries_by_table(
    pairs: list[tuple[str, str]], history: pd.DataFrame, all_committed: bool
) -> dict[str, list[Binary]]:
    """What to compile, by name of the table: one for each pair of architecture and scheme.

    With ``all_committed`` there is one more for each architecture, ``<arch>-committed``: what is
    committed in schemes that no pair of the architecture names.
    """
    rows = history[history["status"] == Status.CONFIG].groupby("scheme")["config_id"]
    committed: dict[str, list[Config]] = {
        str(scheme): [parse_id(config_id) for config_id in sorted(set(ids))] for scheme, ids in rows
    }
    wanted = {
        table_name(arch, scheme): binaries_of(arch, scheme, committed.get(scheme, []))
        for arch, scheme in pairs
    }
    for arch in dict.fromkeys(arch for arch, _ in pairs) if all_committed else ():
        wanted[table_name(arch, COMMITTED)] = [
            binary
            for scheme, configs in committed.items()
            if (arch, scheme) not in pairs
            for binary in committed_binaries(arch, scheme, configs)
        ]
    return wanted


def compile_missing(
    binaries: list[Binary],
    cache: Cache,
    processes: int,
    in_time: Callable[[], bool] = lambda: True,
    deadline_s: float = DEADLINE_S,
) -> int:
    """Compile what the cache does not hold, until it holds all or time is up; returns how many.

    A compiler that crashes or hangs costs its own binary, which is recorded as such.
    """
    by_key = {cache_key(binary): binary for binary in binaries}
    missing = [binary for key, binary in by_key.items() if key not in cache.results]
    done, said = 0, time.monotonic()
    results = run_all(Compiler, (), missing, deadline_s, processes)
    with closing(results):
        for done, (binary, result, seconds) in enumerate(results, start=1):
            failed = isinstance(result, Failure)
            cache.add(binary, result_of(result, seconds) if failed else result)
            if time.monotonic() - said > _PROGRESS_S or done == len(missing):
                LOG.info("%d of %d binaries compiled", done, len(missing))
                said = time.monotonic()
            if not in_time():
                break
    return done


def main(argv: list[str] | None = None) -> int:
    """Parse, compile what is missing, write the tables that are complete."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add_targets(parser)
    parser.add_argument("--history", type=Path, required=True, help="mined history (HISTORY table)")
    parser.add_argument("--cache", type=Path, required=True, help="results so far, JSON lines")
    parser.add_argument("--out", type=Path, required=True, help="folder of COMPILED tables")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="default: cores")
    parser.add_argument("--minutes", type=float, help="stop after so long; the cache keeps it all")
    parser.add_argument(
        "--all-committed",
        action="store_true",
        help="also compile the committed configs of schemes that no target names",
    )
    args = parser.parse_args(argv)

    def body() -> None:
        until = time.monotonic() + 60 * args.minutes if args.minutes else float("inf")
        history = read_table(args.history, HISTORY, columns=["scheme", "status", "config_id"])
        wanted = binaries_by_table(pairs_of(args.target), history, args.all_committed)
        with closing(Cache(args.cache)) as cache:
            every = [binary for binaries in wanted.values() for binary in binaries]
            compile_missing(every, cache, args.processes, lambda: time.monotonic() < until)
            _write(args.out, wanted, cache)

    return run_main(body)


def _write(folder: Path, wanted: dict[str, list[Binary]], cache: Cache) -> None:
    left = 0
    for name, binaries in wanted.items():
        missing = sum(cache_key(binary) not in cache.results for binary in binaries)
        if not missing:
            path = folder / name
            write_table(path, compiled_table(binaries, cache.results), COMPILED)
            LOG.info("%s: %d binaries", path, len(binaries))
        left += missing
    if left:
        raise InputError(f"time is up with {left} binaries to go; run the same command again")


if __name__ == "__main__":
    sys.exit(main())
