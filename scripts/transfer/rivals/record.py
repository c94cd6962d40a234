"""Run the dear searches on recorded cells, each with many seeds, and write what each was worth.

Optuna's and Kernel Tuner's runs, and cold Bayesian search, take longer than all that S1 to S8 do,
so they are made once and recorded; scripts.transfer.evaluate holds the record against the trials
and sets it beside its own runs. The kernel of cold Bayesian search is learned from the cells given,
the layer itself left out. Same versions, same cells, same seeds, same bytes.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from scripts.lib import command_line
from scripts.lib.budget import Budget
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.search import BUDGETS, RIVALS
from scripts.lib.tables import write_table
from scripts.transfer.kernel import Covariance, Kernel
from scripts.transfer.lessons import learn_cold_kernel
from scripts.transfer.library import layer_of
from scripts.transfer.reading import by_chance, reading
from scripts.transfer.recording import Recording, read_recordings
from scripts.transfer.rivals import run_number
from scripts.transfer.rivals.kernel_tuner_search import STRATEGIES, kernel_tuner_order, write_legal
from scripts.transfer.rivals.optuna_search import Tpe
from scripts.transfer.strategies.cold_bayesian import ColdBayesian
from scripts.transfer.strategy import FixedOrder, Step, search

LOG = logging.getLogger("transfer.rivals")
TRIALS = BUDGETS[-1]

EXAMPLE = """example:
  D=data/recorded/measured/nvidia_h200
  for kind in bf16 formats complete; do
    python -m scripts.export.t4 --trials $D-$kind/trials.parquet --cells $D-$kind/cells.parquet \\
      --runs $D-$kind/runs.json --cell all --out build/t4
  done
  python -m scripts.transfer.rivals.record --trials $D-{bf16,formats,complete}/trials.parquet \\
    --cells $D-{bf16,formats,complete}/cells.parquet --caches build/t4 \\
    --spaces results/tables/space/NVIDIA_H200-*.parquet --seeds 10 --cold-seeds 50 \\
    --seed 1 --out data/recorded/searches/nvidia_h200.parquet
"""


@dataclass(frozen=True)
class Seeds:
    """Runs of a search on a cell: of other tools' searches, of cold Bayesian search."""

    tools: int
    cold: int


@dataclass(frozen=True)
class Job:
    """One cell: its recording, the file that Kernel Tuner's simulation mode reads, a kernel."""

    recording: Recording
    cache: Path
    kernel: Kernel


def runs_of(seeds: Seeds, job: Job) -> list[dict[str, Any]]:
    """The RIVALS rows of a cell's runs."""
    one, cell = job.recording, job.recording.cell
    chance = by_chance(one.regrets)
    # Sums over several threads end in other digits on a machine with another number of cores.
    with threadpool_limits(1), TemporaryDirectory() as folder:
        cache = Path(folder) / "cache.json"
        write_legal(job.cache, one.legal, cache)
        return [
            {"cell_id": cell.id, "strategy": name, "source": None, "seed": seed}
            | reading(steps, one, chance)
            | {"trials_sha256": one.digest}
            for name, steps, seed in chain(_cold(job, seeds.cold), _tools(one, cache, seeds.tools))
        ]


def _cold(job: Job, seeds: int) -> Iterator[tuple[str, list[Step], int]]:
    one = job.recording
    covariance = Covariance(job.kernel, one.legal)
    for seed in range(seeds):
        cold = ColdBayesian(covariance, one.cell, seed)
        yield "cold Bayesian", search(cold, one, one.cell, Budget(TRIALS)), seed


def _tools(one: Recording, cache: Path, seeds: int) -> Iterator[tuple[str, list[Step], int]]:
    for seed in range(seeds):
        tpe = Tpe(one.legal, one.cell, seed)
        yield "Optuna TPE", search(tpe, one, one.cell, Budget(TRIALS)), seed
        for name in STRATEGIES:
            order = FixedOrder(kernel_tuner_order(cache, name, run_number(one.cell, seed), TRIALS))
            yield f"Kernel Tuner {name}", search(order, one, one.cell, Budget(TRIALS)), seed


def jobs_of(recordings: list[Recording], caches: Path, seed: int) -> Iterator[Job]:
    """A job for each cell; InputError for a cell without its file. ``seed``: of the kernels."""
    files = [caches / one.cell.id / "cache.json" for one in recordings]
    for file in files:
        if not file.is_file():
            raise InputError(f"{file}: not there; write it with python -m scripts.export.t4")
    both = sorted(zip(recordings, files, strict=True), key=lambda job: layer_of(job[0].cell.shape))
    for layer, mine in groupby(both, key=lambda job: layer_of(job[0].cell.shape)):
        with threadpool_limits(1):
            kernel = learn_cold_kernel(layer, recordings, seed)
        yield from (Job(one, file, kernel) for one, file in mine)


def record(jobs: list[Job], seeds: Seeds, processes: int) -> pd.DataFrame:
    """RIVALS rows of all cells, sorted."""
    with ProcessPoolExecutor(processes) as pool:
        rows = chain.from_iterable(pool.map(partial(runs_of, seeds), jobs))
        frame = pd.DataFrame(rows, columns=RIVALS.names)
    return frame.sort_values(["cell_id", "strategy", "seed"], ignore_index=True)


def main(argv: list[str] | None = None) -> int:
    """Parse, read, search, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--trials", type=Path, nargs="+", required=True, help="TRIALS tables")
    parser.add_argument("--cells", type=Path, nargs="+", required=True, help="CELLS, in that order")
    parser.add_argument("--spaces", type=Path, nargs="+", required=True, help="SPACE tables")
    parser.add_argument("--caches", type=Path, required=True, help="what scripts.export.t4 wrote")
    parser.add_argument(
        "--seeds", type=int, required=True, help="runs of a tool's search on a cell"
    )
    parser.add_argument(
        "--cold-seeds", type=int, required=True, help="runs of cold Bayesian search"
    )
    parser.add_argument("--seed", type=int, required=True, help="of what is drawn while learning")
    parser.add_argument("--processes", type=int, default=2, help="cells at a time (default: 2)")
    parser.add_argument("--out", type=Path, required=True, help="RIVALS table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        recordings = read_recordings(args.trials, args.cells, args.spaces)
        jobs = list(jobs_of(recordings, args.caches, args.seed))
        frame = record(jobs, Seeds(args.seeds, args.cold_seeds), args.processes)
        write_table(args.out, frame, RIVALS)
        LOG.info("%s: %d runs on %d cells", args.out, len(frame), len(recordings))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
