"""How good the config files that a runtime ships still are under its own operator.

Every row of every file that the loader reaches for a GPU: slower than what runs without a file,
more than 3% behind the fastest config known, tuned under another Triton; and the config to propose
in its place, where one is shown to be faster. Rows of which the operator was not recorded are rows
without figures. Without a recording of the operator the tables are empty.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scripts.lib.files import read_json
from scripts.lib.judging.holm import holm
from scripts.lib.judging.looks import looks
from scripts.lib.log import run_main
from scripts.lib.runtimes.rules import release
from scripts.lib.schemas.health import HEALTH, HEALTH_RATES
from scripts.lib.schemas.history import HISTORY, Status
from scripts.lib.schemas.measured import CELLS, FINALS
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import (
    Plan,
    estimate_means,
    exponentiate,
    round_10,
    widen_certain_rates,
)
from scripts.statistics.committed_rows import Row, row_of
from scripts.statistics.dataset import named
from scripts.statistics.rounds import read_rounds

LOG = logging.getLogger("statistics.health")
ALL, UNIFORM = "all", "uniform"
RACED = "--race"  # of a command of scripts.runtime.study: finals end once they decide
EXAMPLE = (
    "python -m scripts.statistics.health --history data/recorded/history.parquet"
    " --op data/recorded/measured/nvidia_h200-op --margin 0.01"
    " --out results/tables/statistics/health.parquet --out-rates health_rates.parquet"
)
Place = tuple[str, int, int, str, int]  # device, E, N, scheme, tokens


class Recorded(NamedTuple):
    """Recordings of the operator. ``rows``: HEALTH's figures by place, ``of`` the config that was
    measured as the committed one; ``triton``: by device."""  # noqa: D205,D209

    rows: dict[Place, Row]
    triton: dict[str, str]


def read(folders: Sequence[Path], margin: float, level: float) -> Recorded:
    """Recordings under uniform routing and cold weights; a cell of several is the first's."""
    found = Recorded({}, {})
    for name, path in named(folder / "finals.parquet" for folder in folders).items():
        cells = read_table(path.parent / "cells.parquet", CELLS)
        cells = cells[(cells["routing"] == UNIFORM) & (cells["weights"] == "cold")]
        cells = cells.dropna(subset="committed_id")
        if cells.empty:
            continue
        (device,) = cells["device"].unique()
        runs = read_json(path.parent / "runs.json")["runs"]
        seen = _looks(runs)
        found.triton.setdefault(str(device), str(runs[0]["packages"]["triton"]))
        places = {str(row.cell_id): _place(row) for row in cells.itertuples()}
        committed = dict(zip(cells["cell_id"], cells["committed_id"], strict=True))
        finals = read_table(path, FINALS)
        finals = finals[finals["cell_id"].isin(committed)]
        for rounds in read_rounds(finals, level):
            place, config = places[rounds.cell_id], committed[rounds.cell_id]
            row = None if place in found.rows else row_of(rounds, config, margin, seen)
            if row is not None:
                found.rows[place] = row | {"dataset": name, "of": config}
    return found


def _looks(runs: Sequence[dict[str, Any]]) -> int:
    """At how many looks the finals of a recording may have ended."""
    raced = (run["protocol"]["rounds"] for run in runs if RACED in run["command"].split())
    return max((looks(rounds) for rounds in raced), default=1)


def _place(row: Any) -> Place:
    return str(row.device), int(row.E), int(row.N), str(row.scheme), int(row.tokens)


def health(history: pd.DataFrame, recorded: Recorded, level: float) -> pd.DataFrame:
    """HEALTH of the files of HISTORY for the GPUs that the recordings are of."""
    mine = history[
        history["device"].isin(recorded.triton)
        & history["reachable"]
        & (history["status"] == Status.CONFIG)
    ]
    rows = [_row(row, recorded) for row in mine.itertuples()]
    frame = pd.DataFrame(rows, columns=HEALTH.names)
    for name, flag in (("default", "worse_than_default"), ("best", "behind_3")):
        frame[f"p_{name}_adjusted"] = _adjusted(frame, f"p_{name}")
        frame[flag] = (frame[f"p_{name}_adjusted"] <= 1 - level).fillna(False).astype(bool)
    frame["in_proposal"] = _in_proposal(frame)
    return frame.sort_values(["device", "file", "tokens"], ignore_index=True)


def _in_proposal(frame: pd.DataFrame) -> pd.Series:
    files = [frame["device"], frame["file"]]
    whole = frame["cell_id"].notna().groupby(files).transform("all")
    changed = frame["proposed_id"].notna() & (frame["proposed_id"] != frame["committed_id"])
    return whole & changed.groupby(files).transform("any")


def _row(row: Any, recorded: Recorded) -> Row:
    place = (str(row.device), int(row.E), int(row.N), str(row.scheme), int(row.batch))
    said = None if pd.isna(row.triton_version) else str(row.triton_version)
    found = recorded.rows.get(place, {})
    # A recording is of the config that stood in the file then; of another it says nothing.
    found = found if found.get("of") == row.config_id else {}
    return {
        "device": row.device,
        "file": row.file,
        "scheme": row.scheme,
        "tokens": int(row.batch),
        "triton_version": said,
        "stale": said is None or release(said)[:2] != release(recorded.triton[row.device])[:2],
        "changed": f"{row.last_commit_date:%Y-%m-%d}",
        "committed_id": row.config_id,
        **{name: value for name, value in found.items() if name != "of"},
    }


def _adjusted(frame: pd.DataFrame, column: str) -> pd.Series:
    """Holm over the rows of each GPU that have a p."""
    parts = [pd.Series(dtype=np.float64)]
    for _, rows in frame.dropna(subset=column).groupby("device"):
        adjusted = holm(rows[column].to_numpy(dtype=np.float64))
        parts.append(pd.Series([round_10(float(p)) for p in adjusted], index=rows.index))
    out: pd.Series = pd.concat(parts).reindex(frame.index)
    return out


def rates(table: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """HEALTH_RATES of HEALTH's recorded rows, by GPU; all, by format, by what files say."""
    known = table.dropna(subset="cell_id")
    said = known["triton_version"].fillna("not stated")
    parts: list[Row] = []
    for device, mine in known.groupby("device", sort=True):
        groups = [(ALL, ALL, mine)]
        groups += [("scheme", str(name), some) for name, some in mine.groupby("scheme")]
        groups += [("triton", str(name), some) for name, some in mine.groupby(said[mine.index])]
        for group, value, some in groups:
            about = {"device": device, "group": group, "value": value}
            parts += [about | row for row in _metrics(some, plan, f"health {about}")]
    out = pd.DataFrame(parts, columns=HEALTH_RATES.names)
    for column in ("mean", "low", "high"):
        out[column] = out[column].astype(float).map(round_10)
    return out


def _metrics(rows: pd.DataFrame, plan: Plan, name: str) -> Iterator[Row]:
    files = rows["file"].tolist()
    shares = {
        "worse_than_default": rows["worse_than_default"].to_numpy(float),
        "behind_3": rows["behind_3"].to_numpy(float),
        "proposed": (rows["proposed_id"] != rows["committed_id"]).to_numpy(float),
    }
    values = np.column_stack(list(shares.values()))
    estimates = widen_certain_rates(estimate_means(values, files, plan, name), plan.level)
    yield from _named(shares, estimates)
    gain = np.log(rows["held_gain"].to_numpy(float))[:, None]
    yield from _named(["gain"], exponentiate(estimate_means(gain, files, plan, f"{name} gain")))
    misses = np.abs(rows["twin"].to_numpy(float) - 1)[:, None]
    if not np.isnan(misses).all():
        yield from _named(["aa"], estimate_means(misses, files, plan, f"{name} aa"))


def _named(names: Any, estimates: pd.DataFrame) -> Iterator[Row]:
    for metric, row in zip(names, estimates.to_dict("records"), strict=True):
        yield {"metric": metric, "mean": row["mean"], "low": row["low"], "high": row["high"],
               "n": row["n"], "files": row["clusters"]}  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Parse, read, judge, write."""
    parser = options.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--history", type=Path, required=True, help="HISTORY table")
    add("--op", type=Path, nargs="*", default=[], help="folders of recordings of the operator")
    add("--margin", type=float, required=True, help="of a win or loss, as 0.01")
    add("--out", type=Path, required=True, help="HEALTH table to write")
    add("--out-rates", type=Path, required=True, help="HEALTH_RATES table to write")
    options.add_plan(parser)
    args = parser.parse_args(argv)

    def body() -> None:
        plan = options.plan(args)
        recorded = read(args.op, args.margin, plan.level)
        table = health(read_table(args.history, HISTORY), recorded, plan.level)
        write_table(args.out, table, HEALTH)
        write_table(args.out_rates, rates(table, plan), HEALTH_RATES)
        LOG.info("%s: %d rows, %d recorded", args.out, len(table), table["cell_id"].notna().sum())

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
