"""Whether what graphx's two GEMMs say of a config holds under the runtime's own operator.

Both are finals against the committed config on the same cells. What is reported: how often the
verdict is the same word, which flip, how the ratios correlate, and what the row of a file would
cost under the operator if either had chosen it. Without a recording of the operator the tables are
empty.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scripts.lib.judging.decision import LOSS, WIN
from scripts.lib.log import run_main
from scripts.lib.schemas.agreement import AGREEMENT, OP_PAIRS
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import (
    Floats,
    Plan,
    estimate_means,
    exponentiate,
    replicate,
    round_10,
    widen_certain_rates,
)
from scripts.statistics.dataset import named
from scripts.statistics.op_causes import (
    OTHER,
    SAME,
    Key,
    Registers,
    blocks,
    by_format,
    registers_of,
)
from scripts.statistics.op_exports import JUDGES, exports
from scripts.statistics.op_pairs import Recorded, pairs

LOG = logging.getLogger("statistics.agreement")
ALL, COLD = "all", "cold"
Row = dict[str, Any]


class Tables(NamedTuple):
    """OP_PAIRS, what ``op_exports.exports`` makes, and the operator's TRIALS."""

    pairs: pd.DataFrame
    exports: pd.DataFrame
    trials: pd.DataFrame


EXAMPLE = (
    "python -m scripts.statistics.agreement --op nvidia_h200-op"
    " --own nvidia_h200-study-finals nvidia_h200-study --margin 0.01"
    " --out results/tables/statistics/agreement.parquet --out-pairs op_pairs.parquet"
)


def rates(found: pd.DataFrame, plan: Plan, name: str) -> Iterator[Row]:
    """Shares of pairs (OP_PAIRS rows): words, flips, order; and the GEMMs' part of the operator."""
    win, op_win = found["verdict"] == WIN, found["op_verdict"] == WIN
    loss, op_loss = found["verdict"] == LOSS, found["op_verdict"] == LOSS
    sides, op_sides = _side(found["low"], found["high"]), _side(found["op_low"], found["op_high"])
    both = (sides != 0) & (op_sides != 0)
    again, same = found["again_verdict"], found["verdict"] == found["op_verdict"]
    shares = {
        "same_word": same.to_numpy(float),
        "same_word_again": np.where(again.notna(), found["verdict"] == again, np.nan),
        "flips": ((win & op_loss) | (loss & op_win)).to_numpy(float),
        "unseen_loss": (op_loss & ~loss).to_numpy(float),
        "lost_win": (win & ~op_win).to_numpy(float),
        "diluted_word": (found["diluted"] == found["op_verdict"]).to_numpy(float),
        "kept_order": np.where(both, sides == op_sides, np.nan),
        **{
            f"same_word_{blocks}_blocks": np.where(found["blocks"] == blocks, same, np.nan)
            for blocks in (SAME, OTHER)
            if (found["blocks"] == blocks).any()
        },
    }
    files = _files(found["cell_id"])
    estimates = estimate_means(np.column_stack(list(shares.values())), files, plan, name)
    yield from _rows(shares, widen_certain_rates(estimates, plan.level))
    part = np.log((found["us"] / found["op_us"]).to_numpy(float))[:, None]
    yield from _rows(["part"], exponentiate(estimate_means(part, files, plan, f"{name} part")))


def _side(low: pd.Series, high: pd.Series) -> Floats:
    """-1 faster, 1 slower, 0 not shown."""
    return (low > 1).to_numpy(float) - (high < 1).to_numpy(float)


def _rows(names: Any, estimates: pd.DataFrame) -> Iterator[Row]:
    for metric, row in zip(names, estimates.to_dict("records"), strict=True):
        yield {"metric": metric, "value": row["mean"], "low": row["low"], "high": row["high"],
               "n": row["n"], "files": row["clusters"]}  # fmt: skip


def correlations(found: pd.DataFrame, plan: Plan, name: str) -> Iterator[Row]:
    """Of log ratios, plain and by rank, and the slope; files are resampled, which are fewer."""
    x: Floats = np.log(found["ratio"].to_numpy(np.float64))
    y: Floats = np.log(found["op_ratio"].to_numpy(np.float64))
    ranks: list[Floats] = [np.asarray(pd.Series(one).rank(), dtype=np.float64) for one in (x, y)]
    wanted: list[tuple[str, Floats, Floats, Callable[[Floats], Floats]]] = [
        ("correlation", x, y, _correlation),
        ("rank_correlation", ranks[0], ranks[1], _correlation),
        ("slope", x, y, _slope),
    ]
    files = _files(found["cell_id"])
    codes, labels = pd.factorize(np.asarray(files))
    for metric, a, b, statistic in wanted:
        sums = np.zeros((len(labels), 6))
        np.add.at(sums, codes, np.column_stack([np.ones_like(a), a, b, a * a, b * b, a * b]))
        drawn = replicate(
            lambda weights, sums=sums, of=statistic: of(weights @ sums)[:, None],  # type: ignore[misc]
            len(labels), plan.resamples, plan.generator(f"{name} {metric}"),
        )  # fmt: skip
        tail = (1 - plan.level) / 2
        low, high = np.nanquantile(drawn, [tail, 1 - tail]) if len(labels) > 1 else (np.nan,) * 2
        value = float(statistic(sums.sum(axis=0)[None, :])[0])
        yield {"metric": metric, "value": value, "low": low, "high": high,
               "n": len(found), "files": len(labels)}  # fmt: skip


def _moments(sums: Floats) -> tuple[Floats, Floats, Floats]:
    n, a, b, aa, bb, ab = sums.T
    return aa - a * a / n, bb - b * b / n, ab - a * b / n


def _correlation(sums: Floats) -> Floats:
    aa, bb, ab = _moments(sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        return ab / np.sqrt(aa * bb)


def _slope(sums: Floats) -> Floats:
    aa, _, ab = _moments(sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        return ab / aa


def exported(rows: pd.DataFrame, margin: float, plan: Plan, name: str) -> Iterator[Row]:
    """Worst row, share above the margin and geometric mean, by what chose (as ``op_exports``)."""
    for judge in JUDGES:
        known = rows.dropna(subset=judge)
        if known.empty:
            continue
        files = _files(known["cell_id"])
        worst = {"value": known[judge].max(), "low": None, "high": None}
        yield {"metric": f"{judge}_worst", **worst, "n": len(known), "files": len(set(files))}
        over = np.asarray(known[judge] > 1 + margin, dtype=np.float64)[:, None]
        estimates = widen_certain_rates(
            estimate_means(over, files, plan, f"{name} {judge}"), plan.level
        )
        yield from _rows([f"{judge}_over"], estimates)
        logs = np.log(known[judge].to_numpy(float))[:, None]
        means = exponentiate(estimate_means(logs, files, plan, f"{name} {judge} mean"))
        yield from _rows([f"{judge}_mean"], means)


def agreement(
    found: pd.DataFrame, rows: pd.DataFrame, trials: pd.DataFrame, margin: float, plan: Plan
) -> pd.DataFrame:
    """AGREEMENT of OP_PAIRS, of ``exports`` and of the operator's TRIALS, each with device, routing
    and scheme; by GPU, routing and format."""  # noqa: D205,D209
    parts: list[Row] = []
    for (device, routing), some in trials.groupby(["device", "routing"], sort=True):
        for scheme in (ALL, *sorted(set(some["scheme"]))):
            about = {"device": device, "routing": routing, "scheme": scheme}
            mine = Tables(*(_of(table, about) for table in (found, rows, trials)))
            name = f"agreement {device} {routing} {scheme}"
            parts += [about | row for row in _metrics(mine, margin, plan, name)]
    out = pd.DataFrame(parts, columns=AGREEMENT.names)
    for column in ("value", "low", "high"):
        known = out[column].astype(float)
        out[column] = known.where(np.isfinite(known)).map(round_10)
    return out


def _of(table: pd.DataFrame, about: Row) -> pd.DataFrame:
    for column, value in about.items():
        if value != ALL:
            table = table[table[column] == value]
    return table


def _metrics(of: Tables, margin: float, plan: Plan, name: str) -> Iterator[Row]:
    if len(of.pairs):
        yield from rates(of.pairs, plan, name)
        yield from correlations(of.pairs, plan, name)
    if len(of.exports):
        yield from exported(of.exports, margin, plan, name)
    checked = of.trials.dropna(subset="logits_diff")
    if len(checked):
        files = len(set(_files(checked["cell_id"])))
        yield {"metric": "logits_diff", "value": checked["logits_diff"].max(), "low": None,
               "high": None, "n": len(checked), "files": files}  # fmt: skip


def _files(cell_ids: pd.Series) -> list[str]:
    return [str(cell_id).rpartition("/M")[0] for cell_id in cell_ids]


def compare(
    op: Sequence[Path], own: Sequence[Path], margin: float, plan: Plan
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """OP_PAIRS and AGREEMENT of recordings' folders; both empty without one of the operator."""
    found, rows, tried = [], [], []
    theirs = [
        Recorded(name, read_table(path, FINALS), plan.level)
        for name, path in named(folder / "finals.parquet" for folder in own).items()
        if op
    ]
    for folder in op:
        finals = read_table(folder / "finals.parquet", FINALS)
        cells = read_table(folder / "cells.parquet", CELLS)
        known = cells.dropna(subset="committed_id")
        committed = dict(zip(known["cell_id"], known["committed_id"], strict=True))
        routing = _conditions(cells)
        mine = Recorded(folder.name, finals, plan.level, routing)
        found.append(pairs(mine, committed, theirs, margin))
        exporting = exports(mine.rounds(cells["cell_id"]), committed, found[-1])
        rows.append(exporting.assign(routing=routing))
        columns = ["cell_id", "config_id", "logits_diff"]
        trials = read_table(folder / "trials.parquet", TRIALS, columns)
        about = cells[["cell_id", "device", "scheme"]].assign(routing=routing)
        tried.append(trials.merge(about, on="cell_id"))
    if not op:
        return pd.DataFrame(columns=OP_PAIRS.names), pd.DataFrame(columns=AGREEMENT.names)
    every = pd.concat(found, ignore_index=True)
    every["blocks"] = _blocks(every, op, own)
    return every, agreement(every, pd.concat(rows), pd.concat(tried), margin, plan)


def _conditions(cells: pd.DataFrame) -> str:
    """Routing of a recording's cells, and its weights where they were not cold as elsewhere."""
    (routing,), (weights,) = cells["routing"].unique(), cells["weights"].unique()
    return str(routing) if weights == COLD else f"{routing}, {weights} weights"


def _blocks(found: pd.DataFrame, op: Sequence[Path], own: Sequence[Path]) -> list[str | None]:
    """``op_causes.blocks`` of OP_PAIRS, each by the recording that it is of."""
    columns = ["cell_id", "config_id", "registers_up", "registers_down"]
    theirs: dict[Key, Registers] = {}
    for folder in op:
        theirs |= registers_of(read_table(folder / "trials.parquet", TRIALS, columns))
    mine: dict[Key, Registers] = {}
    for folder in reversed(own):
        trials = read_table(folder / "trials.parquet", TRIALS, columns)
        mine |= registers_of(trials[trials["cell_id"].isin(found["cell_id"])])
    columns = ["cell_id", "config_id", "committed_id"]
    pairs = found[columns].astype(str).itertuples(index=False, name=None)
    return blocks(pairs, mine, by_format(theirs))


def main(argv: list[str] | None = None) -> int:
    """Parse, read, compare, write."""
    parser = options.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--op", type=Path, nargs="*", default=[], help="folders of recordings of the operator")
    text = "folders of recordings of the two GEMMs; a pair is taken from the first that holds it"
    add("--own", type=Path, nargs="+", required=True, help=text)
    add("--margin", type=float, required=True, help="of a win or loss, as 0.01")
    add("--out", type=Path, required=True, help="AGREEMENT table to write")
    add("--out-pairs", type=Path, required=True, help="OP_PAIRS table to write")
    options.add_plan(parser)
    args = parser.parse_args(argv)

    def body() -> None:
        found, rows = compare(args.op, args.own, args.margin, options.plan(args))
        write_table(args.out_pairs, found, OP_PAIRS)
        write_table(args.out, rows, AGREEMENT)
        LOG.info("%s: %d pairs", args.out, len(found))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
