"""How often a tuning that is started again chooses the same: the race beside argmin of one timing.

On every completely measured cell, over its whole space. A restart is a fresh draw of the recorded
noise; what else may differ between two processes (clocks, memory, another machine) only a GPU can
tell. Cost counts replays, since both compile alike.
"""

from __future__ import annotations

import logging
import sys
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.audit.bench import Problem
from scripts.audit.layers import Layer, read_layers
from scripts.audit.noise import Noise, read_noise
from scripts.audit.options import add_recorded, parser
from scripts.audit.race import Choice, race
from scripts.audit.replay import ReplayBench
from scripts.lib.log import run_main
from scripts.lib.schemas.audit import STEADY
from scripts.lib.tables import write_table

LOG = logging.getLogger("audit.steady")
RACE, ARGMIN = "race", "argmin"
Row = dict[str, Any]
EXAMPLE = """
  D=data/recorded/measured/nvidia_h200-bf16
  python -m scripts.audit.steady --trials $D/trials.parquet --cells $D/cells.parquet \\
    --spaces results/tables/space/NVIDIA_H200-bf16.parquet \\
    --noise results/tables/audit/noise.parquet --restarts 20 --seed 1 \\
    --out results/tables/audit/steady.parquet
"""


def steady(layer: Layer, noise: Noise, restarts: int, seed: int) -> Iterator[Row]:
    """STEADY rows of a layer's cells."""
    for tokens in layer.tokens:
        problem = Problem(layer.cell(tokens))
        # A seed of its own for each cell, so that a cell more changes no other.
        rng = np.random.default_rng([seed, zlib.crc32(problem.cell.id.encode())])
        bench = ReplayBench(layer, noise, rng)
        us = bench.truth(problem)
        places = np.flatnonzero(np.isfinite(us))
        raced = [race(bench, problem, places) for _ in range(restarts)]
        lucky = [_argmin(bench, problem, places) for _ in range(restarts)]
        for name, choices in ((RACE, raced), (ARGMIN, lucky)):
            row = {"cell_id": problem.cell.id, "chosen_by": name} | _of(choices, us)
            yield row | {"config_id": layer.tactics[_commonest(choices)[0]].id}


def _argmin(bench: ReplayBench, problem: Problem, places: Any) -> Choice:
    place = int(places[np.argmin(bench.time(problem, places))])
    return Choice(place, np.array([place]), False, 1.0)


def _commonest(choices: Sequence[Choice]) -> tuple[int, float]:
    """The choice made most often, the first in order among several, and its share."""
    places, counts = np.unique([one.place for one in choices], return_counts=True)
    return int(places[np.argmax(counts)]), float(counts.max() / len(choices))


def _of(choices: Sequence[Choice], us: Any) -> Row:
    logs = np.log(us[[one.place for one in choices]] / np.nanmin(us))
    costs = [one.cost for one in choices]
    figures = {
        "same": _commonest(choices)[1],
        "regret": np.exp(logs.mean()),
        "regret_max": np.exp(logs.max()),
        "decided": np.mean([one.decided for one in choices]),
        "tied": np.mean([len(one.tied) for one in choices]),
        "cost": np.mean(costs),
        "cost_max": max(costs),
    }
    rounded = {name: float(f"{value:.10g}") for name, value in figures.items()}
    return {"restarts": len(choices)} | rounded


def _of_layer(task: tuple[Layer, Noise, int, int]) -> list[Row]:
    return list(steady(*task))


def main(argv: list[str] | None = None) -> int:
    """Parse, read, choose again and again, write."""
    options = parser(__doc__, EXAMPLE)
    add_recorded(options)
    options.add_argument("--restarts", type=int, required=True, help="tunings begun anew")
    options.add_argument("--processes", type=int, default=2, help="layers at a time (default: 2)")
    options.add_argument("--out", type=Path, required=True, help="STEADY table to write")
    args = options.parse_args(argv)

    def body() -> None:
        noise = read_noise(args.noise)
        layers = read_layers(args.trials, args.cells, args.spaces)
        tasks = [(layer, noise, args.restarts, args.seed) for layer in layers]
        rows: list[Row] = []
        with ProcessPoolExecutor(args.processes) as pool:
            for layer, found in zip(layers, pool.map(_of_layer, tasks), strict=True):
                rows += found
                LOG.info("%s: %d cells", layer.id, len(layer.tokens))
        frame = pd.DataFrame(rows, columns=STEADY.names)
        write_table(args.out, frame, STEADY)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
