"""Real tuners put to the test on recorded layers: two of them on a grid, all of them to all probes.

``--bench package.module:function`` names what opens a bench for a layer and a seed; by default
recorded trials are replayed. Paths that are not given are those of the registered recordings.
"""

from __future__ import annotations

import argparse
import logging
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from scripts.audit.bench import Array, Places, Problem
from scripts.audit.finding import Subject, answered
from scripts.audit.grid import Make, Open, grid
from scripts.audit.layers import Layer, layers_of, with_noise
from scripts.audit.noise import Noise, read_noise
from scripts.audit.options import add_recorded, parser
from scripts.audit.probes import PROBES
from scripts.audit.replay import ReplayBench
from scripts.audit.tuner import Tuner
from scripts.audit.tuners.committed import Committed
from scripts.audit.tuners.graphx import Graphx
from scripts.audit.tuners.published import Published
from scripts.audit.tuners.steadied import FIRST, Steadied, ascending, by_expected
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.names import unknown_name
from scripts.lib.schemas.audit import FINDINGS, GRID
from scripts.lib.shape import BATCH_LADDER, Cell
from scripts.lib.tables import write_table
from scripts.transfer.committed_files import read_history
from scripts.transfer.contest.field import Field
from scripts.transfer.evaluate import Study, lessons_for
from scripts.transfer.library import layer_of
from scripts.transfer.predictions import read_predictions
from scripts.transfer.recording import read_recordings
from scripts.transfer.strategies.pipeline import STRATEGIES, expected_logs, pipeline
from scripts.transfer.strategies.s5_neighbours import Mates
from scripts.transfer.strategy import Strategy

LOG = logging.getLogger("audit.real")
PAIR = ("published", "raced graphx")  # on the grid, the second against the first
RUN_UP_TO = 16_384  # tokens that the runtimes look up an entry for
Row = dict[str, Any]
EXAMPLE = """
  python -m scripts.audit.real --layers E128-N768-K2048-top8-bf16 --tuners published \\
    --probes coin_flips cache_key --seed 1
"""


@dataclass(frozen=True)
class Known:
    """What the tuners know before the first timing, and the layers that can be replayed."""

    study: Study
    layers: tuple[Layer, ...]
    noise: Noise
    _fields: dict[str, Field] = field(default_factory=dict)  # several tuners ask for the same

    def tuners(self) -> dict[str, Make]:
        """By name, in the order of the results."""
        return {
            "published": _published,
            "raced published": lambda layer: self._steadied(_published(layer)),
            "graphx": self._graphx,
            "raced graphx": lambda layer: self._steadied(self._graphx(layer)),
            "committed": self._committed,
        }

    def _steadied(self, tuner: Tuner) -> Tuner:
        def order(problem: Problem, places: Places) -> Places:
            expected = self.study.logs.get(problem.cell)
            by = ascending if expected is None else by_expected(lambda _: expected)
            return by(problem, places)

        return Steadied(tuner, order, first=FIRST)

    def _committed(self, layer: Layer) -> Tuner:
        files = self.study.history.files(layer.shape)
        configs = files[layer.device].configs if layer.device in files else {}
        return Committed(layer, tuple(configs) or BATCH_LADDER, name="committed", configs=configs)

    def _graphx(self, layer: Layer) -> Tuner:
        if layer.id not in self._fields:
            self._fields[layer.id] = self._field(layer)
        on = self._fields[layer.id]
        mine = {one.cell: one for one in on.recordings}

        @cache  # a search begun anew expects what the first one did
        def expected(cell: Cell) -> Array:
            task = on.task(mine[cell], on.sources)
            heard = [one for one in STRATEGIES if one != "S6" or task.predicted is not None]
            return expected_logs(on.lessons, task, heard)

        def start(cell: Cell) -> Strategy:
            task = on.task(mine[cell], on.sources)
            return pipeline(on.lessons, task, Mates(), expected=expected(cell))

        return Graphx(layer, BATCH_LADDER, name="graphx", start=start)

    def _field(self, layer: Layer) -> Field:
        """What was learned of other layers; the cells that are searched lend their space only."""
        study = self.study
        lessons = lessons_for(study, layer.device, layer_of(layer.shape))
        mine = tuple(
            one
            for one in study.recordings
            if (one.cell.device, one.cell.shape) == (layer.device, layer.shape)
        )
        return Field(layer.shape, mine, lessons, study.logs, study.places, study.margin)


def _published(layer: Layer) -> Tuner:
    return Published(layer, BATCH_LADDER, name="published")


def findings(
    layer: Layer, tuners: Mapping[str, Make], probes: Sequence[str], open_bench: Open, seed: int
) -> Iterator[Row]:
    """FINDINGS rows of a layer."""
    problems = [Problem(layer.cell(tokens)) for tokens in layer.tokens]
    for name, make in tuners.items():
        tuner = make(layer)
        for probe in probes:
            key = zlib.crc32(f"{layer.id} {name} {probe}".encode())
            bench = open_bench(layer, [seed, key])
            subject = Subject(tuner.fresh(), bench, problems, RUN_UP_TO)
            found = answered(PROBES[probe], subject)
            figures = {
                side: None if value is None else float(f"{value:.10g}")
                for side, value in (("effect", found.effect), ("smallest", found.smallest))
            }
            yield {
                "device": layer.device,
                "layer": layer.shape.id,
                "tuner": name,
                "probe": probe,
                "verdict": str(found.verdict),
                **figures,
                "unit": found.unit,
                "evidence": found.evidence,
                "command": f"python -m scripts.audit.real --layers {layer.shape.id}"
                f' --tuners "{name}" --probes {probe} --seed {seed}',
            }


def opened(name: str | None, noise: Noise) -> Open:
    """What opens a bench. InputError if ``name`` is not a module's function."""
    if name is None:
        return lambda layer, seed: ReplayBench(layer, noise, np.random.default_rng(seed))
    module, _, function = name.partition(":")
    try:
        found: Open = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"--bench {name}: {error}; name it as package.module:function") from error
    return found


def chosen(layers: Sequence[Layer], wanted: Sequence[str]) -> list[Layer]:
    """The layers of these shapes, on every GPU, in the order asked. InputError for an unknown."""
    by_shape: dict[str, list[Layer]] = {}
    for one in layers:
        by_shape.setdefault(one.shape.id, []).append(one)
    for name in wanted:
        if name not in by_shape:
            raise unknown_name("--layers", name, by_shape)
    return [one for name in wanted for one in by_shape[name]]


# What is known and what the command line says, once in each process of a pool.
_SHARED: list[tuple[Known, argparse.Namespace]] = []


def _tried(layer: Layer) -> tuple[list[Row], list[Row]]:
    """Grid and findings of one layer; in a process of the pool."""
    known, args = _SHARED[0]
    tuners, open_bench = known.tuners(), opened(args.bench, known.noise)
    # Sums over several threads end in other digits on a machine with another number of cores.
    with threadpool_limits(1):
        wanted = {name: tuners[name] for name in args.tuners or tuners}
        found = list(findings(layer, wanted, args.probes or list(PROBES), open_bench, args.seed))
        if args.out_grid is None:
            return [], found
        pair = tuners[PAIR[0]], tuners[PAIR[1]]
        rows = grid(layer, known.layers, pair, open_bench, args.repeats, args.margin, args.seed)
        return [row | {"first": PAIR[0], "second": PAIR[1]} for row in rows], found


def read_known(args: argparse.Namespace) -> Known:
    """What the command line names."""
    recordings = read_recordings(args.trials, args.cells, args.spaces)
    legal = {one.cell: one.legal.configs for one in recordings}
    logs, places = read_predictions(args.predictions, legal)
    study = Study(
        tuple(recordings), read_history(args.history), logs, places, 0,
        float(np.log1p(args.margin)), args.seed,
    )  # fmt: skip
    noise = read_noise(args.noise)
    return Known(study, tuple(with_noise(layers_of(recordings), noise)), noise)


def _options() -> argparse.ArgumentParser:
    options = parser(__doc__, EXAMPLE)
    add_recorded(options)
    options.add_argument(
        "--history", type=Path, default=Path("data/recorded/history.parquet"), help="HISTORY table"
    )
    options.add_argument(
        "--predictions", type=Path, default=Path("results/tables/sim/sim_held_out.parquet"),
        help="SIM_HELD_OUT table",
    )  # fmt: skip
    options.add_argument("--layers", nargs="+", required=True, help="shapes of measured layers")
    options.add_argument("--tuners", nargs="+", default=[], help="only these (default: all)")
    options.add_argument("--probes", nargs="+", default=[], help="only these (default: all)")
    options.add_argument("--bench", help="what opens a bench (default: recorded trials)")
    options.add_argument("--repeats", type=int, default=20, help="tunings of a cell of the grid")
    options.add_argument("--margin", type=float, default=0.01, help="margin of a win or loss")
    options.add_argument("--processes", type=int, default=2, help="layers at a time (default: 2)")
    options.add_argument("--out-grid", type=Path, help="GRID table to write")
    options.add_argument("--out-findings", type=Path, help="FINDINGS table (default: print)")
    return options


def main(argv: list[str] | None = None) -> int:
    """Parse, read, try, write."""
    args = _options().parse_args(argv)

    def body() -> None:
        known = read_known(args)
        for name, asked, there in (
            ("--tuners", args.tuners, known.tuners()),
            ("--probes", args.probes, PROBES),
        ):
            for one in asked:
                if one not in there:
                    raise unknown_name(name, one, there)
        layers = chosen(known.layers, args.layers)
        cells: list[Row] = []
        found: list[Row] = []
        shared = (known, args)
        with ProcessPoolExecutor(
            args.processes, initializer=_SHARED.append, initargs=(shared,)
        ) as pool:
            for layer, (rows, said) in zip(layers, pool.map(_tried, layers), strict=True):
                cells += rows
                found += said
                LOG.info("%s: %d probes answered", layer.id, len(said))
        write(cells, found, args)

    return run_main(body)


def write(cells: list[Row], found: list[Row], args: argparse.Namespace) -> None:
    """Both tables; findings without a file are printed."""
    if args.out_grid is not None:
        write_table(args.out_grid, pd.DataFrame(cells, columns=GRID.names), GRID)
    if args.out_findings is not None:
        write_table(args.out_findings, pd.DataFrame(found, columns=FINDINGS.names), FINDINGS)
        return
    for row in found:
        print(f"{row['tuner']} on {row['layer']}: {row['probe']}: {row['verdict']}:"
              f" {row['evidence']}")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
