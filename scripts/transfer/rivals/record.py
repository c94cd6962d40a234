"""Run other tools' searches on recorded cells and write what each run was worth.

Optuna's and Kernel Tuner's runs take hours of CPU for what graphx's own take in minutes, so they
are made once and recorded; scripts.transfer.evaluate checks the record against the trials and sets
it beside its own runs. Same versions, same seed, same bytes.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from scripts.lib.budget import Budget
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.search import BUDGETS, SEARCHES
from scripts.lib.tables import write_table
from scripts.transfer.reading import by_chance, reading
from scripts.transfer.recording import Recording, read_recordings
from scripts.transfer.rivals import run_number
from scripts.transfer.rivals.kernel_tuner_search import STRATEGIES, kernel_tuner_order, write_legal
from scripts.transfer.rivals.optuna_search import Tpe
from scripts.transfer.strategy import FixedOrder, Step, search

LOG = logging.getLogger("transfer.rivals")
TRIALS = BUDGETS[-1]

EXAMPLE = """example:
  D=data/recorded/measured/nvidia_h200-bf16
  python -m scripts.export.t4 --trials $D/trials.parquet --cells $D/cells.parquet \\
    --runs $D/runs.json --cell all --out build/t4
  python -m scripts.transfer.rivals.record --trials $D/trials.parquet \\
    --cells $D/cells.parquet --caches build/t4 \\
    --spaces results/tables/space/NVIDIA_H200-*.parquet --seeds 50 \\
    --out data/recorded/searches/nvidia_h200.parquet
"""


@dataclass(frozen=True)
class Job:
    """One cell: its recording, and the file that Kernel Tuner's simulation mode reads."""

    recording: Recording
    cache: Path


def runs_of(seeds: int, job: Job) -> list[dict[str, Any]]:
    """The SEARCHES rows of a cell's runs."""
    one, cell = job.recording, job.recording.cell
    chance = by_chance(one.regrets)
    # Sums over several threads end in other digits on a machine with another number of cores.
    with threadpool_limits(1), TemporaryDirectory() as folder:
        cache = Path(folder) / "cache.json"
        write_legal(job.cache, one.legal, cache)
        return [
            {"cell_id": cell.id, "strategy": name, "source": None, "seed": seed}
            | reading(steps, one, chance)
            for seed in range(seeds)
            for name, steps in _searches(one, cache, seed)
        ]


def _searches(one: Recording, cache: Path, seed: int) -> Iterator[tuple[str, list[Step]]]:
    tpe = Tpe(one.legal, one.cell, seed)
    yield "Optuna TPE", search(tpe, one, one.cell, Budget(TRIALS))
    for name in STRATEGIES:
        order = FixedOrder(kernel_tuner_order(cache, name, run_number(one.cell, seed), TRIALS))
        yield f"Kernel Tuner {name}", search(order, one, one.cell, Budget(TRIALS))


def jobs_of(recordings: list[Recording], caches: Path) -> list[Job]:
    """A job for each cell; InputError for a cell without its file."""
    jobs = [Job(one, caches / one.cell.id / "cache.json") for one in recordings]
    for job in jobs:
        if not job.cache.is_file():
            raise InputError(f"{job.cache}: not there; write it with python -m scripts.export.t4")
    return jobs


def record(jobs: list[Job], seeds: int, processes: int) -> pd.DataFrame:
    """SEARCHES rows of all cells, sorted."""
    with ProcessPoolExecutor(processes) as pool:
        rows = chain.from_iterable(pool.map(partial(runs_of, seeds), jobs))
        frame = pd.DataFrame(rows, columns=SEARCHES.names)
    return frame.sort_values(["cell_id", "strategy", "seed"], ignore_index=True)


def main(argv: list[str] | None = None) -> int:
    """Parse, read, search, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=Path, nargs="+", required=True, help="TRIALS tables")
    parser.add_argument("--cells", type=Path, nargs="+", required=True, help="CELLS, in that order")
    parser.add_argument("--spaces", type=Path, nargs="+", required=True, help="SPACE tables")
    parser.add_argument("--caches", type=Path, required=True, help="what scripts.export.t4 wrote")
    parser.add_argument("--seeds", type=int, required=True, help="runs of each search on a cell")
    parser.add_argument("--processes", type=int, default=2, help="cells at a time (default: 2)")
    parser.add_argument("--out", type=Path, required=True, help="SEARCHES table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        recordings = read_recordings(args.trials, args.cells, args.spaces)
        frame = record(jobs_of(recordings, args.caches), args.seeds, args.processes)
        write_table(args.out, frame, SEARCHES)
        LOG.info("%s: %d runs on %d cells", args.out, len(frame), len(recordings))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
