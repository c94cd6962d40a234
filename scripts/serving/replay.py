"""Replay steps of a server on the operator's record, before and after a config file.

The steps are those of scripts.serving.workload, the same number at each degree of concurrency. A
step takes what the operator took at the nearest recorded number of tokens, before and after in one
and the same recorded round, so that a pair differs by its configs alone. After: the rows that half
of the rounds chose (scripts.runtime.op_rows); the other half is replayed. Before: the committed
file, and the default configs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scripts.lib.command_line import parser
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.runtimes.default_config import SCHEMES, default_config
from scripts.lib.schemas.serving import REPLAY
from scripts.lib.shape import Cell, Shape, nearest_batch, parse_cell
from scripts.lib.tables import write_table
from scripts.runtime.op_rows import chosen_rows, committed_of, first_of_each, judging, read_uniform
from scripts.serving.workload import Lengths, tokens_of_steps

COMMITTED, DEFAULT = "committed", "default"
LEAST_BATCHES = 12  # a layer recorded at fewer has no file to replay
SLOWER = 1.01
RESAMPLES = 400
EXAMPLE = """
  python -m scripts.serving.replay --op data/recorded/measured/nvidia_h200-op --steps 1000 \\
    --concurrency 1 4 16 64 256 --budget 2048 --input 32 1024 --output 16 256 --seed 1 \\
    --out results/tables/serving/replay.parquet
"""
Floats = npt.NDArray[np.float64]
Row = dict[str, Any]


class Layer:
    """A layer's record: the rows that half of the rounds chose, the us of the other half."""

    def __init__(self, shape: Shape, cells: pd.DataFrame, finals: pd.DataFrame) -> None:
        named = committed_of(cells)
        self._shape = shape
        self._rows = chosen_rows(shape, finals, named)
        parsed = {parse_cell(str(name)).tokens: rows for name, rows in finals.groupby("cell_id")}
        self._us = {tokens: judging(parsed[tokens]) for tokens in self._rows}
        by_tokens = {parse_cell(name): config for name, config in named.items()}
        self._committed = {
            cell.tokens: config for cell, config in by_tokens.items() if cell.shape == shape
        }

    def paired(self, before: str) -> dict[int, Floats]:
        """By batch size the us of before and after in the judging rounds [rounds, 2].

        ``before``: COMMITTED or DEFAULT; a batch size without it has none.
        """
        found = {}
        for tokens, by_round in self._us.items():
            known = self._committed.get(tokens)
            if before == DEFAULT:
                with_default = self._shape.scheme in SCHEMES
                known = default_config(self._shape, tokens).id if with_default else None
            if known in by_round and self._rows[tokens] in by_round:
                both = by_round[[known]].to_numpy(), by_round[[self._rows[tokens]]].to_numpy()
                pair = np.hstack(both)
                found[tokens] = pair[~np.isnan(pair).any(axis=1)]
        return {tokens: us for tokens, us in found.items() if len(us)}


def replayed(tokens: npt.NDArray[np.int64], us: Mapping[int, Floats], seed: int) -> Floats:
    """Latency of each step before and after, us [steps, 2]."""
    draw, batches = np.random.default_rng(seed), sorted(us)
    nearest = {count: us[nearest_batch(count, batches)] for count in set(tokens.tolist())}
    out = np.empty((len(tokens), 2))
    for number, count in enumerate(tokens.tolist()):
        rounds = nearest[count]
        out[number] = rounds[draw.integers(len(rounds))]
    return out


def resampled(rounds: Mapping[int, Floats], seed: int) -> dict[int, Floats]:
    """By batch size the means of its rounds drawn anew, us [resamples, 2]."""
    draw = np.random.default_rng([seed, 1])
    return {
        batch: us[draw.integers(len(us), size=(RESAMPLES, len(us)))].mean(axis=1)
        for batch, us in sorted(rounds.items())
    }


def spread(
    tokens: npt.NDArray[np.int64], means: Mapping[int, Floats], seed: int
) -> tuple[float, float]:
    """Interval of the ratio by a bootstrap of the steps and, of each batch size, of its rounds.

    Hundreds of steps of one batch size rest on a few rounds: steps alone would say too little.
    ``means``: of ``resampled`` rounds.
    """
    batches = sorted(means)
    share = np.zeros(len(batches))
    for count, often in zip(*np.unique(tokens, return_counts=True), strict=True):
        share[batches.index(nearest_batch(int(count), batches))] += often / len(tokens)
    steps = np.random.default_rng(seed).multinomial(len(tokens), share, size=RESAMPLES)
    sums = np.zeros((RESAMPLES, 2))
    for at, batch in enumerate(batches):
        sums += steps[:, [at]] * means[batch]
    low, high = np.percentile(sums[:, 0] / sums[:, 1], [2.5, 97.5])
    return float(low), float(high)


def said(tokens: npt.NDArray[np.int64], us: Floats, means: Mapping[int, Floats], seed: int) -> Row:
    """The figures of REPLAY of some replayed steps; ``means``: see ``spread``."""
    low, high = spread(tokens, means, seed)
    before, after = us.sum(axis=0)
    middle, p95 = (np.percentile(us, part, axis=0) for part in (50, 95))
    return {
        "steps": len(us), "tokens": int(tokens.sum()), "before_us": float(before),
        "after_us": float(after), "ratio": float(before / after), "low": low,
        "high": high, "median_ratio": float(middle[1] / middle[0]),
        "p95_ratio": float(p95[1] / p95[0]),
        "slower": float((us[:, 1] > SLOWER * us[:, 0]).mean()),
    }  # fmt: skip


def replay(
    cells: pd.DataFrame, finals: pd.DataFrame, pool: Mapping[int, npt.NDArray[np.int64]], seed: int
) -> pd.DataFrame:
    """REPLAY of every layer of a record. ``pool``: tokens of steps by concurrency."""
    rows: list[Row] = []
    layers = {key: Layer(key[1], cells, own) for key, own in _layers(cells, finals)}
    for ((device, shape), layer), before in product(layers.items(), (COMMITTED, DEFAULT)):
        us = layer.paired(before)
        if len(us) < LEAST_BATCHES:
            continue
        means = resampled(us, seed)
        by_level = {level: replayed(tokens, us, seed) for level, tokens in pool.items()}
        every = np.concatenate(list(pool.values())), np.concatenate(list(by_level.values()))
        named = {"device": device, "shape": shape.id, "scheme": shape.scheme, "before": before}
        for level, tokens, steps in [
            (0, *every), *((level, pool[level], steps) for level, steps in by_level.items())
        ]:  # fmt: skip
            rows.append({**named, "concurrency": level, **said(tokens, steps, means, seed)})
    frame = pd.DataFrame(rows, columns=REPLAY.names)
    return frame.sort_values(
        ["device", "scheme", "shape", "before", "concurrency"], ignore_index=True
    )


def _layers(
    cells: pd.DataFrame, finals: pd.DataFrame
) -> Iterator[tuple[tuple[str, Shape], pd.DataFrame]]:
    parsed: dict[str, Cell] = {name: parse_cell(name) for name in sorted(set(cells["cell_id"]))}
    keys = sorted({(cell.device, cell.shape) for cell in parsed.values()})
    number = {name: keys.index((cell.device, cell.shape)) for name, cell in parsed.items()}
    for found, own in finals.groupby(finals["cell_id"].map(number), sort=True):
        yield keys[int(found)], own


def pool_of(
    levels: Sequence[int], steps: int, budget: int, lengths: Lengths, seed: int
) -> dict[int, npt.NDArray[np.int64]]:
    """``steps`` steps in all, as many at each degree of concurrency. InputError if that is none."""
    each = steps // len(levels)
    if each < 1:
        raise InputError(f"--steps {steps}: fewer than the {len(levels)} degrees of concurrency")
    return {
        level: tokens_of_steps(level, each, max(budget, level), lengths, seed + level)
        for level in levels
    }


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser(__doc__, EXAMPLE)
    add = made.add_argument
    add("--op", type=Path, nargs="+", required=True, help="recordings of the operator")
    add("--steps", type=int, required=True, help="steps in all")
    add("--concurrency", type=int, nargs="+", required=True, help="requests at once")
    add("--budget", type=int, required=True, help="most tokens of a step")
    add("--input", type=int, nargs=2, required=True, help="tokens of a prompt, from and to")
    add("--output", type=int, nargs=2, required=True, help="tokens that follow, from and to")
    add("--seed", type=int, required=True, help="of lengths and rounds")
    add("--out", type=Path, required=True, help="REPLAY table to write")
    return made


def main(argv: list[str] | None = None) -> int:
    """Make the pool, replay it on the record, write."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        lengths = Lengths(tuple(args.input), tuple(args.output))
        pool = pool_of(args.concurrency, args.steps, args.budget, lengths, args.seed)
        cells, finals = first_of_each(read_uniform(args.op))
        write_table(args.out, replay(cells, finals, pool, args.seed), REPLAY)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
