"""Tune recorded layers again and again, on their recorded trials, to see if the choice changes.

Searches, finals and the choice are those of the tuning command; only what is measured comes from a
record of every legal config. At each restart the noise is drawn anew: of a trial, as wide as the
recorded interval of its median; of a round of the finals, as recorded twins of one config differ
within rounds. What differs from one process to the next on a GPU, but not within one, is not in it.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.budget import Budget
from scripts.lib.config import Config, parse_id
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.measured import FINALS
from scripts.lib.schemas.restarts import RESTARTS
from scripts.lib.shape import Cell, parse_shape
from scripts.lib.tables import read_table, write_table
from scripts.measure.protocol import Protocol
from scripts.runtime.racing import Race
from scripts.transfer.committed_files import read_history
from scripts.transfer.kernel import Array, Covariance
from scripts.transfer.lessons import learn_lessons
from scripts.transfer.library import Library, layer_of
from scripts.transfer.oracle import Trial
from scripts.transfer.predictions import read_predictions
from scripts.transfer.recording import Recording, read_recordings
from scripts.transfer.strategies.pipeline import STRATEGIES, Task, expected_logs, join
from scripts.transfer.strategies.s5_neighbours import Mates
from scripts.tune.cell_search import finalists
from scripts.tune.naming import untold
from scripts.tune.turns import STEADY, Search, search_in_turns
from scripts.tune.verdict import RACE, Finals, choose

LOG = logging.getLogger("tune.restarts")
WIDE = 1.96  # standard deviations from the middle to the end of a 95% interval
EXAMPLE = """example:
  D=data/recorded/measured/nvidia_h200-bf16
  python -m scripts.tune.restarts --shapes E8-N3584-K4096-top2-bf16 --restarts 20 \\
    --trials $D/trials.parquet --cells $D/cells.parquet --finals $D/finals.parquet \\
    --spaces results/tables/space/NVIDIA_H200-*.parquet --history data/recorded/history.parquet \\
    --predictions results/tables/sim/sim_held_out.parquet --budget 128 --margin 0.01 --seed 1 \\
    --out results/tables/tune/restarts.parquet
"""


@dataclass(frozen=True)
class Layer:
    """What a restart needs. ``expected``: logarithm of the latency of each legal config, by cell.

    ``noise``: standard deviation of a round's logarithm, by cell; ``order``: of the legal configs,
    by what is expected of them.
    """

    recordings: Mapping[Cell, Recording]
    expected: Mapping[Cell, Array]
    covariance: Covariance
    noise: Mapping[Cell, float]

    def ranks(self, cell: Cell) -> dict[str, int]:
        """Place of each legal config, the most promising first."""
        order = np.argsort(self.expected[cell].round(10), kind="stable")
        configs = self.covariance.legal.configs
        return {configs[place].id: rank for rank, place in enumerate(order.tolist())}


class NoisyBench:
    """Recorded trials as if tried once more (``scripts.tune.turns.Bench``)."""

    def __init__(self, layer: Layer, random: np.random.Generator) -> None:
        self._layer, self._random = layer, random
        self.trials: dict[Cell, dict[str, Trial]] = {cell: {} for cell in layer.recordings}

    def prepare(self, cell: Cell, configs: Sequence[Config]) -> None:
        """Nothing is to be made ready."""

    def measure(self, cell: Cell, config: Config) -> Trial:
        """The recorded trial with a median of its own."""
        known = self.trials[cell]
        if config.id not in known:
            trial = self._layer.recordings[cell].measure(cell, config)
            if trial.latency_us is not None:
                off = (trial.half_us or 0.0) / trial.latency_us / WIDE
                us = trial.latency_us * float(np.exp(self._random.normal(0.0, off)))
                trial = Trial(trial.outcome, us, trial.gpu_seconds, half_us=trial.half_us)
            known[config.id] = trial
        return known[config.id]

    def finals(self, cell: Cell, slots: Sequence[str], race: Race, most: int) -> Finals:
        """Rounds of these configs until the race is over."""
        one, entries = self._layer.recordings[cell], [parse_id(slot).to_entry() for slot in slots]
        us = np.array([one.latency_us[one.index[parse_id(slot)]] for slot in slots])
        off = self._random.normal(0.0, self._layer.noise[cell], (most, len(slots)))
        rounds = us * np.exp(off)
        held = next((n for n in range(2, most, 2) if race.over(entries, rounds[:n].tolist())), most)
        return Finals(slots, rounds[:held].tolist(), race.level)


def round_noise(finals: pd.DataFrame) -> dict[str, float]:
    """By cell, standard deviation of the logarithm of one slot in one round; from FINALS.

    Of slots of the same config in the same round: their difference has twice its variance. Cells
    without such slots are left out.
    """
    found = {}
    for cell_id, rows in finals.groupby("cell_id", sort=True):
        twice = rows.groupby(["run_id", "config_id", "round"])["us"]
        pairs = twice.agg(["first", "last", "size"])
        pairs = pairs[pairs["size"] > 1]
        if len(pairs):
            apart = np.log((pairs["first"] / pairs["last"]).to_numpy(dtype=float))
            found[str(cell_id)] = float(np.sqrt((apart**2).mean() / 2))
    return found


def searches(layer: Layer, budget: int, margin: float) -> list[Search]:
    """S1-S8 on each batch size, as the command has them."""
    mates, legal = Mates(), layer.covariance.legal
    return [
        Search(
            "S1-S8",
            cell,
            legal,
            join(
                mates,
                cell.tokens,
                layer.covariance,
                layer.expected[cell],
                log1p(margin),
                steady=STEADY,
            ),
            Budget(budget),
        )
        for cell in sorted(layer.recordings)
    ]


def restart(layer: Layer, number: int, budget: int, margin: float) -> list[dict[str, object]]:
    """RESTARTS rows of one."""
    bench = NoisyBench(layer, np.random.default_rng(number))
    found = searches(layer, budget, margin)
    search_in_turns(found, bench)
    return [_row(layer, bench, search, margin) | {"restart": number} for search in found]


def _row(layer: Layer, bench: NoisyBench, search: Search, margin: float) -> dict[str, object]:
    cell, one = search.cell, layer.recordings[search.cell]
    named = {} if one.committed is None else {"committed": one.committed.id}
    if one.committed is not None:
        bench.measure(cell, one.committed)
    ranks = layer.ranks(cell)
    best = [] if search.best is None else [search.best[0].id]
    met = finalists(bench.trials[cell], [*best, *named.values()], margin, ranks)
    held = bench.finals(cell, met, RACE, Protocol().rounds)
    asked = [config.id for config, _ in search.steps]
    chosen = choose(held, named, asked, ranks).config
    also = untold(search, bench.trials[cell], held, chosen, margin, named.get("committed"))
    ties = {*held.ties(chosen, margin), *also}
    return {
        "cell_id": cell.id,
        "config_id": chosen,
        "ties": ",".join(sorted(ties)),
        "trials": len(search.steps),
        "rounds": held.rounds,
        "regret": float(one.latency_us[one.index[parse_id(chosen)]] / one.best_us),
    }


def read_layers(args: argparse.Namespace) -> list[Layer]:
    """The layers, nothing learned of a layer from itself. InputError for one not recorded whole."""
    recordings = read_recordings(args.trials, args.cells, args.spaces)
    history = read_history(args.history)
    logs, _ = read_predictions(args.predictions, {o.cell: o.legal.configs for o in recordings})
    noise = round_noise(pd.concat([read_table(path, FINALS) for path in args.finals]))
    library = Library(recordings)
    found = []
    for shape in map(parse_shape, args.shapes or sorted({one.cell.shape.id for one in recordings})):
        mine = {one.cell: one for one in recordings if one.cell.shape == shape}
        if not mine:
            raise InputError(
                f"--shapes {shape.id}: no cell of it is recorded with every legal config"
            )
        if missing := [cell.id for cell in mine if cell.id not in noise]:
            raise InputError(
                f"--finals: no twins of a config on {missing[0]}; name its recording's"
            )
        lessons = learn_lessons({layer_of(shape)}, library, history, logs, args.seed)
        first = next(iter(mine.values()))
        covariance = Covariance(lessons.predicted_kernel, first.legal)
        sources = [name for name in history.files(shape) if name != first.cell.device]
        expected = {
            cell: expected_logs(
                lessons,
                Task(cell, one.legal, sources, logs[cell], covariance, covariance),
                STRATEGIES,
            )
            for cell, one in mine.items()
        }
        found.append(Layer(mine, expected, covariance, {cell: noise[cell.id] for cell in mine}))
    return found


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--shapes", nargs="+", help="layers whose cells are recorded with every legal config "
        "(default: all)")  # fmt: skip
    add("--restarts", type=int, required=True, help="how often each is tuned")
    add("--trials", type=Path, nargs="+", required=True, help="TRIALS tables")
    add("--cells", type=Path, nargs="+", required=True, help="CELLS, in that order")
    add("--finals", type=Path, nargs="+", required=True, help="FINALS of these recordings")
    add("--spaces", type=Path, nargs="+", required=True, help="SPACE tables")
    add("--history", type=Path, required=True, help="HISTORY table")
    add("--predictions", type=Path, required=True, help="SIM_HELD_OUT table")
    add("--budget", type=int, required=True, help="K, most trials of a batch size")
    add("--margin", type=float, required=True, help="tie margin, as 0.01")
    add("--seed", type=int, required=True, help="of what is drawn while learning")
    add("--out", type=Path, required=True, help="RESTARTS table to write")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Read, tune again and again, write."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        if args.restarts < 2:
            raise InputError(f"--restarts {args.restarts}: tune it twice or more often")
        layers = read_layers(args)
        rows = [
            row
            for layer in layers
            for number in range(1, args.restarts + 1)
            for row in restart(layer, number, args.budget, args.margin)
        ]
        frame = pd.DataFrame(rows)[RESTARTS.names]
        write_table(
            args.out, frame.sort_values(["cell_id", "restart"], ignore_index=True), RESTARTS
        )
        cells = sum(len(layer.recordings) for layer in layers)
        LOG.info("%s: %d restarts of %d batch sizes", args.out, args.restarts, cells)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
