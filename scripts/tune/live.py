"""Read a study's ledgers: what each search chose, and how it stands against the committed config.

The choice is the search's fastest trial, made before the finals and judged by all of their rounds.
The tool itself decides by its finals, so beside it stands what the search would choose by half of
the rounds, judged by the others: no round both chooses and judges. Where that choice met the
committed config once more in finals of their own, all of those rounds judge it.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.chain import read_lines
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.live import LIVE
from scripts.lib.schemas.measured import FINALS
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.transfer.committed_files import History, read_history
from scripts.transfer.oracle import Trial
from scripts.transfer.strategies.default_heuristic import default_of
from scripts.tune.sources import COMMITTED
from scripts.tune.told import trial_of
from scripts.tune.verdict import Finals, Ratio

LOG = logging.getLogger("tune.live")
Body = dict[str, Any]
NONE: Mapping[str, Finals] = {}

EXAMPLE = """example:
  python -m scripts.tune.live --ledger build/live/study/ledger-*.jsonl \\
    --history data/recorded/history.parquet --margin 0.01 --out build/live/live.parquet
"""


def live_rows(
    bodies: Iterable[Body], history: History, margin: float, against: str = COMMITTED
) -> list[Body]:
    """Rows of LIVE of one ledger; of a search that was run again, the last."""
    trials: dict[str, dict[str, Trial]] = {}
    finals: dict[str, Body] = {}
    cells: dict[str, Body] = {}
    searches: dict[tuple[str, str], Body] = {}
    for body in bodies:
        if body["kind"] == "attempt":
            trials.setdefault(body["cell_id"], {})[body["config_id"]] = trial_of(body)
        elif body["kind"] == "finals":
            finals[body["cell_id"]] = body
        elif body["kind"] == "cell":
            cells[body["cell_id"]] = body
        elif body["kind"] == "search":
            searches[body["cell_id"], body["source"]] = body
    return [
        _row(
            search,
            trials.get(cell_id, {}),
            finals.get(cell_id),
            cells.get(cell_id),
            history,
            margin,
            against,
        )
        for (cell_id, _), search in sorted(searches.items())
    ]


def _row(
    search: Body,
    trials: Mapping[str, Trial],
    held: Body | None,
    cell: Body | None,
    history: History,
    margin: float,
    against: str,
) -> Body:
    asked = [config_id for config_id in search["config_ids"] if config_id in trials]
    correct = [c for c in asked if trials[c].latency_us is not None]
    choice = min(correct, key=lambda c: trials[c].latency_us or 0.0, default=None)
    committed = None if cell is None else _compared(cell, against)
    row: Body = {
        "cell_id": search["cell_id"],
        "source": search["source"],
        "triple": _is_triple(search, history),
        "budget": search["budget"],
        "trials": len(search["config_ids"]),
        "ended": search["ended"],
        "gpu_seconds": round(sum(trials[c].gpu_seconds for c in asked), 6),
        "choice_id": choice,
        "trials_to_choice": None if choice is None else asked.index(choice) + 1,
        "committed_id": committed,
        "committed_trial": asked.index(committed) + 1 if committed in asked else None,
        "final_id": None,
        "marks": "" if cell is None else ",".join(cell["marks"]),
        **_judged("", None, margin),
        **_judged("final_", None, margin),
        **_judged("fresh_", None, margin),
    }
    if held is None or committed is None or choice is None:
        return row
    if not {committed, choice} <= set(held["slots"]):
        return row
    whole = Finals(held["slots"], held["us"])
    row |= _judged("", whole.ratio(choice, committed), margin)
    judging, deciding = (Finals(held["slots"], half) for half in _halves(held["us"]))
    row["final_id"] = deciding.best(asked)
    return row | _judged("final_", judging.ratio(row["final_id"], committed), margin)


def _compared(cell: Body, against: str) -> str | None:
    """The id of what the choice is held against."""
    if against == COMMITTED:
        return str(cell["committed_id"]) if cell["committed_id"] is not None else None
    default = default_of(parse_cell(cell["cell_id"]))
    return None if default is None else default.id


def _halves(rounds: Sequence[Sequence[float]]) -> tuple[list[Sequence[float]], ...]:
    """The rounds two by two in turn, the larger half first.

    Finals visit their slots forwards and backwards by turns, and some configs are faster after one
    neighbour than after another: halves of one direction each would not be comparable.
    """
    halves: tuple[list[Sequence[float]], ...] = ([], [])
    for number, one in enumerate(rounds):
        halves[number // 2 % 2].append(one)
    return halves


def _judged(prefix: str, ratio: Ratio | None, margin: float) -> Body:
    names = ("ratio", "low", "high", "decision")
    values: tuple[Any, ...] = (None,) * len(names)
    if ratio is not None:
        digits = [float(f"{value:.10g}") for value in (ratio.median, ratio.low, ratio.high)]
        values = (*digits, ratio.word(margin))
    return {f"{prefix}{name}": value for name, value in zip(names, values, strict=True)}


def _is_triple(search: Body, history: History) -> bool:
    cell = parse_cell(search["cell_id"])
    files = history.files(cell.shape)
    source, target = files.get(search["source"]), files.get(cell.device)
    if source is None or target is None:
        return False
    return cell.tokens in source.configs and cell.tokens in target.configs


def live(
    ledgers: Iterable[Path],
    history: History,
    margin: float,
    fresh: Mapping[str, Finals] = NONE,
    against: str = COMMITTED,
) -> pd.DataFrame:
    """LIVE rows of all ledgers, sorted; every line of a chain is checked on the way.

    ``fresh``: by cell, finals of their own in which the choices were judged once more.
    ``against``: what they are held against, COMMITTED or DEFAULT.
    """
    rows: list[Body] = []
    for path in ledgers:
        rows += live_rows((line.body for line in read_lines(path)), history, margin, against)
    judged = [row | _judged("fresh_", _fresh_ratio(row, fresh), margin) for row in rows]
    frame = pd.DataFrame(judged, columns=LIVE.names)
    return frame.sort_values(["cell_id", "source"], ignore_index=True)


def _fresh_ratio(row: Body, fresh: Mapping[str, Finals]) -> Ratio | None:
    """The choice by the finals over the committed config, in rounds that chose neither."""
    held = fresh.get(row["cell_id"])
    if held is None or not {row["final_id"], row["committed_id"]} <= set(held.configs):
        return None
    return held.ratio(row["final_id"], row["committed_id"])


def read_finals(paths: Iterable[Path]) -> dict[str, Finals]:
    """By cell the finals of FINALS tables. InputError if two of them hold one cell."""
    found: dict[str, Finals] = {}
    for path in paths:
        table = read_table(path, FINALS).sort_values(["cell_id", "slot", "round"])
        slots = table.drop_duplicates(["cell_id", "slot"]).groupby("cell_id")["config_id"]
        configs = {str(name): ids.tolist() for name, ids in slots}
        # One table for all: one for each of hundreds of cells takes ten times as long.
        rounds = table.set_index(["cell_id", "run_id", "round", "slot"])["us"].unstack()
        for name, rows in rounds.groupby(level="cell_id", sort=True):
            cell_id = str(name)
            if cell_id in found:
                raise InputError(f"{path}: {cell_id} is in another table too; name one of them")
            us = rows.to_numpy()
            held = ~np.isnan(us).all(axis=0)
            found[cell_id] = Finals(configs[cell_id], us[:, held].tolist())
    return found


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ledger", type=Path, nargs="+", required=True, help="ledgers of a study")
    parser.add_argument("--history", type=Path, required=True, help="HISTORY table")
    parser.add_argument(
        "--fresh",
        type=Path,
        nargs="*",
        default=[],
        help="FINALS that judge the choices",
    )
    parser.add_argument("--margin", type=float, default=0.01, help="of win and loss")
    parser.add_argument("--out", type=Path, required=True, help="LIVE table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        fresh = read_finals(args.fresh)
        frame = live(args.ledger, read_history(args.history), args.margin, fresh)
        write_table(args.out, frame, LIVE)
        LOG.info(
            "%s: %d searches, %s", args.out, len(frame), frame["decision"].value_counts().to_dict()
        )

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
