"""What searches find on a GPU as if nothing had been recorded on it, by the GPU they started from.

Where no other GPU is recorded either, graphx-sim's equations, unfitted, and other GPUs' config
files are all that is known. Regret: latency over that of the fastest legal config.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.judging.bands import NEAR
from scripts.lib.judging.decision import LOSS, WIN, decide, non_inferior
from scripts.lib.log import run_main
from scripts.lib.schemas.cold import COLD, NONE
from scripts.lib.schemas.search import BUDGETS, SEARCH_CHOICES, SEARCHES
from scripts.lib.tables import read_table, write_table
from scripts.statistics import held, options
from scripts.statistics.bootstrap import (
    Plan,
    estimate_means,
    quantile_interval,
    round_10,
    widen_certain_rates,
)

SEARCH, NO_SOURCE, STOPS = "S1-S8", "S1-S8, no source", ", stops"
QUANTILES = {"median": 0.5, "p95": 0.95}
Row = dict[str, Any]
EXAMPLE = (
    "python -m scripts.statistics.cold --searches searches_gpu_out.parquet"
    " --choices search_choices_gpu_out.parquet --margin 0.01 --states states.parquet"
    " --aa aa_rates.parquet --replayed nvidia_h200-complete --out cold.parquet"
)


def _keyed(rows: pd.DataFrame) -> pd.DataFrame:
    """With ``device``, ``file``, and ``NONE`` for no source."""
    return rows.assign(
        device=rows["cell_id"].str.split("/").str[0],
        file=rows["cell_id"].str.rsplit("/M", n=1).str[0],
        source=rows["source"].fillna(NONE),
    )


def quantiles(rows: pd.DataFrame, column: str, of: str, plan: Plan, name: str) -> Iterator[Row]:
    """Rows of ``QUANTILES`` of a column of searches that have a ``file``; metrics ``of``_…."""
    values = rows[column].to_numpy(dtype=float)
    for label, share in QUANTILES.items():
        low, high = quantile_interval(values, rows["file"], share, plan, f"{name} {of} {label}")
        value = float(np.quantile(values, share, method="higher"))
        yield {"metric": f"{of}_{label}", "value": value, "low": low, "high": high}


def _means(columns: pd.DataFrame, files: pd.Series, plan: Plan, name: str) -> pd.DataFrame:
    found = estimate_means(columns.to_numpy(dtype=float), files, plan, name)
    return found.assign(metric=columns.columns.to_list())


def _rows(found: pd.DataFrame) -> list[Row]:
    rows = found.rename(columns={"mean": "value"})[["metric", "value", "low", "high"]]
    return [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]


def regrets(runs: pd.DataFrame, plan: Plan, name: str) -> Iterator[Row]:
    """Of searches that go on: the first proposal's regret, the best of K trials'."""
    yield from quantiles(runs, "regret_1", "zero", plan, name)
    columns = runs[[f"regret_{budget}" for budget in BUDGETS]]
    columns = columns.set_axis([f"mean_{budget}" for budget in BUDGETS], axis=1)
    yield from _rows(_means(columns, runs["file"], plan, f"{name} mean"))


def stopped(runs: pd.DataFrame, plan: Plan, name: str) -> Iterator[Row]:
    """Of searches that end by themselves: trials made, regret of the choice."""
    yield from quantiles(runs, "trials", "trials", plan, name)
    columns = runs[[f"regret_{BUDGETS[-1]}"]].set_axis(["regret"], axis=1)
    yield from _rows(_means(columns, runs["file"], plan, f"{name} end"))


def judged(choices: pd.DataFrame, margin: float, plan: Plan, name: str) -> Iterator[Row]:
    """Their choices against the committed config, where that was timed."""
    known = choices[choices["ratio"].notna()]
    if known.empty:
        return
    words = decide(known["low"], known["high"], margin)
    shares = pd.DataFrame(
        {
            "win": words == WIN,
            "loss": words == LOSS,
            "non_inferior": non_inferior(known["high"], margin),
            "within_2": known["ratio"].to_numpy() <= NEAR,
        },
        known.index,
    ).astype(float)
    found = _means(shares, known["file"], plan, f"{name} committed")
    about = {"n": len(known), "files": known["file"].nunique()}
    yield from (row | about for row in _rows(widen_certain_rates(found, plan.level)))


def cold(searches: pd.DataFrame, choices: pd.DataFrame, margin: float, plan: Plan) -> pd.DataFrame:
    """COLD. ``searches``: SEARCHES, ``choices``: SEARCH_CHOICES, taught GPU out; margin of a win.

    InputError if a search is missing.
    """
    if searches.empty:
        raise InputError(f"searches: no run of {SEARCH}; replay them --few --teaching gpu_out")
    runs, chosen = _keyed(searches), _keyed(choices)
    out: list[Row] = []
    for base in (SEARCH, NO_SOURCE):
        for (device, source), going in runs[runs["strategy"] == base].groupby(["device", "source"]):
            key = {"device": str(device), "source": str(source)}
            name = " ".join(key.values())
            mine = [
                table[(table["strategy"] == base + STOPS) & (table["device"] == device)
                      & (table["source"] == source)]
                for table in (runs, chosen)
            ]  # fmt: skip
            if mine[0].empty or mine[1].empty:
                raise InputError(f"searches: {name}: no run of {base}{STOPS}; replay it again")
            about = {"n": len(going), "files": going["file"].nunique()}
            rows = [*regrets(going, plan, name), *stopped(mine[0], plan, name)]
            rows += judged(mine[1], margin, plan, name)
            out += [key | about | row for row in rows]
    found = pd.DataFrame(out, columns=COLD.names)
    ends = {name: found[name].astype(float).map(round_10) for name in ("value", "low", "high")}
    return found.assign(**ends).sort_values(["device", "source"], kind="stable", ignore_index=True)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = options.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--searches", type=Path, required=True, help="SEARCHES table, taught GPU out")
    add("--choices", type=Path, required=True, help="SEARCH_CHOICES table of the same replay")
    add("--margin", type=float, required=True, help="of a win or loss, as 0.01")
    add("--out", type=Path, required=True, help="COLD table to write")
    held.add_replayed(parser)
    options.add_plan(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Parse, read, judge, write."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        choices = held.read_replayed(args, read_table(args.choices, SEARCH_CHOICES))
        searches = read_table(args.searches, SEARCHES)
        write_table(args.out, cold(searches, choices, args.margin, options.plan(args)), COLD)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
