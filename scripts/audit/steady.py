"""How often a tuning that is started again chooses the same: the race beside argmin of one timing.

On every completely measured cell, over its whole space, in the order in which graphx-sim, taught
by other layers, names configs to try. A restart is a fresh draw of the recorded noise; what else
may differ between two processes (clocks, memory, another machine) only a GPU can tell. Cost counts
replays, since both compile alike.
"""

from __future__ import annotations

import logging
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.audit.bench import Array, Places, Problem
from scripts.audit.layers import Layer, read_layers
from scripts.audit.noise import Noise, read_noise
from scripts.audit.options import add_recorded, parser
from scripts.audit.race import MARGIN, Choice, race
from scripts.audit.replay import ReplayBench
from scripts.lib.log import run_main
from scripts.lib.schemas.audit import STEADY, STEADY_RATES, STEADY_SPLIT
from scripts.lib.shape import Cell, device_of
from scripts.lib.tables import write_table
from scripts.transfer.predictions import read_predictions

LOG = logging.getLogger("audit.steady")
RACE, ARGMIN = "race", "argmin"
HALVES = ("even", "odd")
# Margins among which either half of the layers sets one, log units. The one just above the one in
# use shows how much hangs on a tactic that stands at its border.
MARGINS = (0.005, 0.0075, MARGIN, 0.011)
WANTED = 0.99  # of restarts with one choice
RESAMPLES, LEVEL = 10_000, 0.95
Row = dict[str, Any]
Order = Mapping[Cell, Array]  # of all tactics: place among those to try, from 1
EXAMPLE = """
  D=data/recorded/measured/nvidia_h200-bf16
  python -m scripts.audit.steady --trials $D/trials.parquet --cells $D/cells.parquet \\
    --spaces results/tables/space/NVIDIA_H200-bf16.parquet \\
    --noise results/tables/audit/noise.parquet --restarts 20 --seed 1 \\
    --predictions results/tables/sim/sim_held_out.parquet \\
    --out results/tables/audit/steady.parquet \\
    --out-rates results/tables/audit/steady_rates.parquet \\
    --out-split results/tables/audit/steady_split.parquet
"""


def canonical(us: Array, order: Array | None) -> Places:
    """The tactics that run, in the order in which the race takes them, ascending where none is
    known. ``us``: recorded latencies, NaN where one failed."""  # noqa: D205,D209
    places = np.flatnonzero(np.isfinite(us))
    return places if order is None else places[np.argsort(order[places], kind="stable")]


def steady(layer: Layer, noise: Noise, restarts: int, seed: int, order: Order) -> Iterator[Row]:
    """STEADY rows of a layer's cells."""
    for tokens in layer.tokens:
        problem = Problem(layer.cell(tokens))
        # A seed of its own for each cell, so that a cell more changes no other.
        rng = np.random.default_rng([seed, zlib.crc32(problem.cell.id.encode())])
        bench = ReplayBench(layer, noise, rng)
        us = bench.truth(problem)
        places = canonical(us, order.get(problem.cell))
        raced = [race(bench, problem, places) for _ in range(restarts)]
        lucky = [_argmin(bench, problem, places) for _ in range(restarts)]
        for name, choices in ((RACE, raced), (ARGMIN, lucky)):
            row = {"cell_id": problem.cell.id, "chosen_by": name} | _of(choices, us)
            yield row | {"config_id": layer.tactics[_commonest(choices)[0]].id}


def other_margins(
    layer: Layer, noise: Noise, restarts: int, seed: int, order: Order
) -> Iterator[Row]:
    """The race on a layer's cells under every margin but the one in use, with draws of their own:
    ``margin``, ``same``, ``regret``, ``cost``."""  # noqa: D205,D209
    for tokens in layer.tokens:
        problem = Problem(layer.cell(tokens))
        for number, margin in enumerate(MARGINS):
            if margin == MARGIN:
                continue
            key = [seed, zlib.crc32(problem.cell.id.encode()), number]
            bench = ReplayBench(layer, noise, np.random.default_rng(key))
            us = bench.truth(problem)
            places = canonical(us, order.get(problem.cell))
            raced = [race(bench, problem, places, margin=margin) for _ in range(restarts)]
            yield {"cell_id": problem.cell.id, "margin": margin} | _of(raced, us)


def split(frame: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """STEADY_SPLIT of STEADY rows and those of ``other_margins``: layers fall to either half by
    turns; a half sets the smallest margin with which ``WANTED`` of restarts agree, or else the one
    with which most do."""  # noqa: D205,D209
    ours = frame[frame["chosen_by"] == RACE].assign(margin=MARGIN)
    every = pd.concat([ours, others], ignore_index=True)
    layers = every["cell_id"].str.rpartition("/")[0]
    order = {name: at for at, name in enumerate(sorted(set(layers)))}
    every = every.assign(half=layers.map(order) % 2, device=every["cell_id"].map(device_of))
    rows = []
    for device, cells in every.groupby("device", sort=True):
        means = cells.groupby(["half", "margin"]).agg(
            cells=("same", "size"), same=("same", "mean"), cost=("cost", "mean"),
            regret=("regret", lambda one: float(np.exp(np.log(one).mean()))),
        )  # fmt: skip
        for half in means.index.unique("half"):
            if 1 - half not in means.index.unique("half"):
                continue
            known = means.loc[1 - half]["same"]
            enough = known[known >= WANTED]
            chosen = enough.index.min() if len(enough) else known.idxmax()
            for margin, found in means.loc[half].iterrows():
                rows.append(
                    {"device": device, "judged_on": HALVES[half], "margin": margin,
                     "chosen": margin == chosen, "in_use": margin == MARGIN,
                     "cells": int(found["cells"])}
                    | {name: float(f"{found[name]:.10g}") for name in ("same", "regret", "cost")}
                )  # fmt: skip
    return pd.DataFrame(rows, columns=STEADY_SPLIT.names)


def _argmin(bench: ReplayBench, problem: Problem, places: Any) -> Choice:
    place = int(places[np.argmin(bench.time(problem, places))])
    only = np.array([place])
    return Choice(place, only, False, 1.0, only)


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


def rates(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """STEADY_RATES of STEADY rows."""
    rows = []
    devices = frame["cell_id"].map(device_of)
    for (device, by), cells in frame.groupby([devices, "chosen_by"], sort=True):
        layers = cells["cell_id"].str.rpartition("/")[0]
        key = {"device": device, "chosen_by": by, "n": len(cells), "layers": layers.nunique(),
               "restarts": int(cells["restarts"].iloc[0])}  # fmt: skip
        means = {name: cells[name].to_numpy() for name in ("same", "decided", "tied", "cost")}
        means["cells_same"] = (cells["same"] == 1).to_numpy(dtype=float)
        means["regret"] = np.log(cells["regret"].to_numpy())
        for name, values in means.items():
            found = _estimate(values, layers.to_numpy(), seed)
            ends = np.exp(found) if name == "regret" else found
            rows.append(key | {"metric": name} | _figures(*ends))
        for name in ("regret_max", "cost_max"):
            rows.append(key | {"metric": name} | _figures(float(cells[name].max())))
    return pd.DataFrame(rows, columns=STEADY_RATES.names)


def _figures(value: float, low: float | None = None, high: float | None = None) -> Row:
    figures = {"value": value, "low": low, "high": high}
    return {k: None if one is None else float(f"{one:.10g}") for k, one in figures.items()}


def _estimate(values: Any, layers: Any, seed: int) -> Any:
    """Mean, low, high: by cells and by layers, the wider of the two."""
    rng = np.random.default_rng(seed)
    _, codes = np.unique(layers, return_inverse=True)
    sums, counts = np.bincount(codes, values), np.bincount(codes)
    cells = rng.integers(len(values), size=(RESAMPLES, len(values)))
    files = rng.integers(len(sums), size=(RESAMPLES, len(sums)))
    drawn = values[cells].mean(axis=1), sums[files].sum(axis=1) / counts[files].sum(axis=1)
    tails = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    ends = max((np.quantile(one, tails) for one in drawn), key=np.ptp)
    return np.array([values.mean(), *ends])


def _of_layer(task: tuple[Layer, Noise, int, int, Order]) -> tuple[list[Row], list[Row]]:
    return list(steady(*task)), list(other_margins(*task))


def main(argv: list[str] | None = None) -> int:
    """Parse, read, choose again and again, write."""
    options = parser(__doc__, EXAMPLE)
    add_recorded(options)
    options.add_argument(
        "--predictions", type=Path, default=Path("results/tables/sim/sim_held_out.parquet"),
        help="SIM_HELD_OUT table: the order of configs",
    )  # fmt: skip
    options.add_argument("--restarts", type=int, required=True, help="tunings begun anew")
    options.add_argument("--processes", type=int, default=2, help="layers at a time (default: 2)")
    options.add_argument("--out", type=Path, required=True, help="STEADY table to write")
    options.add_argument("--out-rates", type=Path, required=True, help="STEADY_RATES to write")
    options.add_argument("--out-split", type=Path, required=True, help="STEADY_SPLIT to write")
    args = options.parse_args(argv)

    def body() -> None:
        noise = read_noise(args.noise)
        layers = read_layers(args.trials, args.cells, args.spaces, noise)
        legal = {one.cell(tokens): one.tactics for one in layers for tokens in one.tokens}
        _, order = read_predictions(args.predictions, legal)
        tasks = [(layer, noise, args.restarts, args.seed, order) for layer in layers]
        rows: list[Row] = []
        others: list[Row] = []
        with ProcessPoolExecutor(args.processes) as pool:
            for layer, (found, more) in zip(layers, pool.map(_of_layer, tasks), strict=True):
                rows += found
                others += more
                LOG.info("%s: %d cells", layer.id, len(layer.tokens))
        frame = pd.DataFrame(rows, columns=STEADY.names)
        write_table(args.out, frame, STEADY)
        write_table(args.out_rates, rates(frame, args.seed), STEADY_RATES)
        write_table(args.out_split, split(frame, pd.DataFrame(others)), STEADY_SPLIT)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
