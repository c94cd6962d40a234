"""What searches on the GPU itself found as if nothing had been recorded on it.

The fastest legal config of a cell is not known there: first trials are held against the fastest
that was found on the cell. Choices are judged by rounds that did not choose.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.judging.bands import NEAR
from scripts.lib.judging.decision import LOSS, WIN, decide, non_inferior
from scripts.lib.log import run_main
from scripts.lib.schemas.cold_live import COLD_LIVE, FOUND, LIVE_BUDGETS, NEW, WHOLE
from scripts.lib.schemas.headline import Choice
from scripts.lib.schemas.live import LIVE, TOGETHER
from scripts.lib.schemas.measured import CELLS
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.statistics import held as held_in
from scripts.statistics import options
from scripts.statistics.aa_rates import widen
from scripts.statistics.bootstrap import (
    Plan,
    estimate_means,
    round_10,
    widen_certain_rates,
)
from scripts.statistics.cold import quantiles
from scripts.statistics.held import Held, errors
from scripts.statistics.live import judged_as

IDENTICAL = ("missed", "false_win", "false_loss", "error")  # of AA_RATES
KEYS = ["device", "source", "group", "which"]
# Metric -> its column of ``searched``, of which quantiles are quoted.
SPREAD = {"zero": "first", "trials": "trials", "first": "first_over"}
Row = dict[str, Any]
EXAMPLE = """
  S=results/tables/statistics T=results/tables/tune
  python -m scripts.statistics.cold_live --live $T/cold_live.parquet \\
    --default $T/cold_default.parquet --found $T/cold_found.parquet \\
    --whole data/recorded/measured/nvidia_h200-complete/cells.parquet \\
    --states $S/states.parquet --aa $S/aa_rates.parquet --study nvidia_h200-cold-study \\
    --fresh nvidia_h200-cold-study-finals --out $S/cold_live.parquet
"""


def _layer(cell_id: str) -> str:
    shape = parse_cell(cell_id).shape
    return shape.id.removesuffix(f"-{shape.scheme}")


def judged(live: pd.DataFrame, held: Held, margin: float, suffix: str = "") -> pd.DataFrame:
    """Of LIVE what each choice is to its other side: columns named with ``suffix``, NaN where no
    rounds tell."""  # noqa: D205,D209
    one = judged_as(Choice.SEARCHED, live)
    about = one.assign(
        dataset=held.of_searches(live, Choice.SEARCHED),
        tokens=[parse_cell(name).tokens for name in live["cell_id"]],
    )
    ends = widen(one["low"], one["high"], errors(about, held.rates))
    words, wide = decide(one["low"], one["high"], margin), decide(*ends, margin)
    marks = {
        "win": words == WIN,
        "loss": words == LOSS,
        "non_inferior": non_inferior(one["high"], margin),
        "within_2": one["ratio"].astype(float) <= NEAR,
        "win_widened": wide == WIN,
        "loss_widened": wide == LOSS,
        "non_inferior_widened": non_inferior(ends[1], margin),
    }
    known = one["verdict"].notna()
    columns = {f"{name}{suffix}": pd.Series(mark, live.index).astype(float).where(known)
               for name, mark in marks.items()}  # fmt: skip
    return pd.DataFrame(columns)


def searched(
    live: pd.DataFrame,
    default: pd.DataFrame,
    found: pd.DataFrame,
    whole: set[str],
    held: Held,
    margin: float,
) -> pd.DataFrame:
    """A row a search: its classes, its file, and a number for each metric, NaN where it has none.

    ``default``: LIVE against the default; ``whole``: layers with a cell that is recorded whole.
    """  # fmt: skip
    keys = ["cell_id", "source"]
    rows = live.merge(found, on=keys, validate="one_to_one").reset_index(drop=True)
    other = live[keys].merge(default, on=keys, how="left", validate="one_to_one")
    cells = [parse_cell(name) for name in rows["cell_id"]]
    best = rows["best_us"].astype(float)
    out = pd.DataFrame(
        {
            "device": [cell.device for cell in cells],
            "source": rows["source"].where(rows["source"] != "", TOGETHER),
            "file": rows["cell_id"].str.rsplit("/M", n=1).str[0],
            "scheme": [cell.shape.scheme for cell in cells],
            "layer": [WHOLE if _layer(name) in whole else NEW for name in rows["cell_id"]],
            "trials": rows["trials"].astype(float),
            "first": rows["us_1"].astype(float) / best,
            "first_over": rows["us_1"].astype(float) / rows["chosen_us"].astype(float),
            "regret": rows["chosen_us"].astype(float) / best,
        }
    )
    curve = {f"mean_{k}": rows[f"us_{k}"].astype(float) / best for k in LIVE_BUDGETS}
    sides = [judged(rows[LIVE.names], held, margin), judged(other, held, margin, "_default")]
    out = pd.concat([out, pd.DataFrame(curve), *sides], axis=1)
    # Where the runtime's default is not known, the committed config is all there is.
    better = out[["within_2", "within_2_default"]].min(axis=1)
    return out.assign(within_2_better=better.where(out["within_2"].notna()))


def _quantiles(rows: pd.DataFrame, plan: Plan, name: str) -> Iterator[Row]:
    for metric, column in SPREAD.items():
        known = rows[rows[column].notna()]
        if known.empty:
            continue
        about = {"n": len(known), "files": known["file"].nunique()}
        yield from (row | about for row in quantiles(known, column, metric, plan, name))


def _means(rows: pd.DataFrame, plan: Plan, name: str) -> Iterator[Row]:
    named = rows.drop(columns=["device", "source", "file", "scheme", "layer", "trials", "first"])
    named = named.rename(columns={"first_over": "first_mean"})
    found = estimate_means(named.to_numpy(dtype=float), rows["file"], plan, name)
    found = found.assign(metric=named.columns)
    shares = ~found["metric"].str.startswith(("mean_", "first_", "regret"))
    found[shares] = widen_certain_rates(found[shares], plan.level)
    for row in found[found["n"] > 0].to_dict("records"):
        column = "first_over" if row["metric"] == "first_mean" else row["metric"]
        files = rows.loc[rows[column].notna(), "file"].nunique()
        kept = {name: row[name] for name in ("metric", "low", "high", "n")}
        yield kept | {"value": row["mean"], "files": files}


def _classes(rows: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    yield "all", "", rows
    for group in ("scheme", "layer"):
        for value, some in rows.groupby(group, sort=True):
            if len(some) < len(rows):  # of one class the figures are those of all
                yield group, str(value), some


def identical(held: Held) -> Iterator[Row]:
    """What identical pairs of the recordings that judge say."""
    devices = held.states.assign(device=held.states["cell_id"].str.split("/").str[0])
    by_dataset = devices.drop_duplicates("dataset").set_index("dataset")["device"]
    rates = held.rates[
        held.rates["tokens"].isna() & held.rates["dataset"].isin([*held.study, *held.fresh])
    ]
    for row in rates.to_dict("records"):
        key = {"device": by_dataset[row["dataset"]], "source": "", "group": "aa"}
        key |= {"which": row["dataset"], "n": int(row["pairs"]), "files": 0}
        yield from (key | {"metric": metric, "value": row[metric]} for metric in IDENTICAL)


def cold_live(rows: pd.DataFrame, held: Held, plan: Plan) -> pd.DataFrame:
    """COLD_LIVE. ``rows``: as ``searched`` has them."""
    out: list[Row] = []
    for (device, source), mine in rows.groupby(["device", "source"], sort=True):
        for group, which, some in _classes(mine):
            key = dict(zip(KEYS, (str(device), str(source), group, which), strict=True))
            name = f"cold live {' '.join(key.values())}"
            out += [key | row for row in (*_quantiles(some, plan, name), *_means(some, plan, name))]
    out += identical(held)
    found = pd.DataFrame(out, columns=COLD_LIVE.names)
    ends = {name: found[name].astype(float).map(round_10) for name in ("value", "low", "high")}
    return found.assign(**ends).sort_values(KEYS, kind="stable", ignore_index=True)


def main(argv: list[str] | None = None) -> int:
    """Parse, read, judge, write."""
    parser = options.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--live", type=Path, required=True, help="LIVE table, against committed configs")
    add("--default", type=Path, required=True, help="LIVE table, against the default")
    add("--found", type=Path, required=True, help="FOUND table")
    add("--whole", type=Path, nargs="*", default=[], help="CELLS that are recorded whole")
    add("--margin", type=float, default=0.01, help="margin of a win or loss")
    add("--out", type=Path, required=True, help="COLD_LIVE table to write")
    held_in.add_options(parser)
    options.add_plan(parser)
    args = parser.parse_args(argv)

    def body() -> None:
        held = held_in.read(args)
        whole = {_layer(name) for path in args.whole
                 for name in read_table(path, CELLS, columns=["cell_id"])["cell_id"]}  # fmt: skip
        live, default = read_table(args.live, LIVE), read_table(args.default, LIVE)
        rows = searched(live, default, read_table(args.found, FOUND), whole, held, args.margin)
        write_table(args.out, cold_live(rows, held, options.plan(args)), COLD_LIVE)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
