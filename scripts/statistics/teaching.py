"""What the searches and the predictor find, by what taught them; what sources add over none.

Each teaching (``scripts.lib.teaching``) is a replay of its own. Regrets and trials are estimated as
``scripts.statistics.searches`` does; what was chosen in the end is judged against the committed
config by recorded medians, widened by what identical pairs of the recording differ by, each cell
once. What sources add is paired: the same cells, without a
source and from one; above 1 a source helps.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.judging.bands import NEAR
from scripts.lib.judging.decision import LOSS, WIN, decide, non_inferior
from scripts.lib.log import run_main
from scripts.lib.schemas.search import SEARCH_CHOICES, SEARCHES
from scripts.lib.schemas.sim import SIM_CELLS
from scripts.lib.schemas.teaching import TEACHING
from scripts.lib.tables import read_table, write_table
from scripts.lib.teaching import Teaching
from scripts.statistics import held, options
from scripts.statistics.bootstrap import (
    Plan,
    estimate_means,
    exponentiate,
    round_10,
    widen_certain_rates,
)
from scripts.statistics.search_pairs import cell_logs
from scripts.statistics.searches import QUANTILES, costs_of, rates_of, with_classes

LOG = logging.getLogger("statistics.teaching")
ONE_SOURCE = "S1-S8"
NO_SOURCE = "S1-S8, no source"
CHOOSING = (ONE_SOURCE, f"{ONE_SOURCE}, stops", NO_SOURCE, f"{NO_SOURCE}, stops")
SEARCHED = (*CHOOSING, "S6")
PREDICTOR = "predictor"
REGRET_AT = (1, 8, 16, 128)  # trials
WITHIN_AT = 8  # trials
NEAR_IN_TIME = f"within_2_{WITHIN_AT}"
Row = dict[str, Any]
Rows = list[Row]

EXAMPLE = """
  python -m scripts.statistics.teaching --margin 0.01 --replayed nvidia_h200-complete \\
    --states states.parquet --aa aa_rates.parquet \\
    --taught layer_out searches.parquet search_choices.parquet sim_cells.parquet \\
    --taught family_out searches_family_out.parquet search_choices_family_out.parquet \\
    family_out/sim_cells.parquet --out results/tables/statistics/teaching.parquet
"""


class Replay(NamedTuple):
    """What one teaching found: SEARCHES, SEARCH_CHOICES and SIM_CELLS, so taught."""

    searches: pd.DataFrame
    choices: pd.DataFrame
    cells: pd.DataFrame


def of_search(runs: pd.DataFrame, plan: Plan, name: str) -> Iterator[Row]:
    """Regret, nearness and trials of one search's runs on one GPU (rows of ``with_classes``)."""
    rates = rates_of(runs, plan, name).set_index("K")
    for budget in REGRET_AT:
        found = rates.loc[budget]
        ends = {"low": found["regret_low"], "high": found["regret_high"]}
        yield {"metric": f"regret_{budget}", "value": found["regret"], **ends}
    inside = (runs[f"regret_{WITHIN_AT}"] <= NEAR).astype(float).to_frame(NEAR_IN_TIME)
    yield from _shares(inside.groupby(runs["cell_id"]).mean(), plan, f"{name} within")
    costs = costs_of(runs, plan, name)
    for _, label in QUANTILES:
        ends = {side: costs[f"trials_{label}_{side}"] for side in ("low", "high")}
        yield {"metric": f"trials_{label}", "value": costs[f"trials_{label}"], **ends}


def over_committed(choices: pd.DataFrame, margin: float, plan: Plan, name: str) -> Rows:
    """One search's choices against the committed config: shares of runs, each cell once.

    ``choices``: SEARCH_CHOICES rows; cells whose committed config was not timed are left out.
    """
    judged = choices[choices["ratio"].notna()]
    words = decide(judged["low"], judged["high"], margin)
    shares = {
        "committed_win": words == WIN,
        "committed_loss": words == LOSS,
        "committed_non_inferior": non_inferior(judged["high"], margin),
        "committed_within_2": judged["ratio"].to_numpy() <= NEAR,
    }
    by_cell = pd.DataFrame(shares, judged.index).astype(float).groupby(judged["cell_id"]).mean()
    own = {"n": len(by_cell), "files": len(set(_files(by_cell.index)))}
    return [own | row for row in _shares(by_cell, plan, f"{name} committed")]


def of_predictor(cells: pd.DataFrame, plan: Plan, name: str) -> Rows:
    """How often the best of the first predicted is near the best; ``cells``: SIM_CELLS rows."""
    inside = (cells[f"regret_{WITHIN_AT}"] <= NEAR).astype(float).to_frame(NEAR_IN_TIME)
    return _shares(inside.set_axis(cells["cell_id"]).sort_index(), plan, f"{name} within")


def sources_add(with_source: pd.DataFrame, none: pd.DataFrame, plan: Plan, name: str) -> Rows:
    """Regret without a source over that from one, on the cells of both; a row for each budget."""
    apart = (cell_logs(none) - cell_logs(with_source))[list(REGRET_AT)].dropna(how="all")
    found = exponentiate(estimate_means(apart.to_numpy(), _files(apart.index), plan, name))
    names = {"mean": "value", "low": "low", "high": "high", "n": "n", "clusters": "files"}
    rows = found[list(names)].rename(columns=names).to_dict("records")
    return [
        {"metric": f"over_source_{budget}"} | {str(key): value for key, value in row.items()}
        for budget, row in zip(REGRET_AT, rows, strict=True)
    ]


def _shares(by_cell: pd.DataFrame, plan: Plan, name: str) -> Rows:
    """A row for each column, its name the metric."""
    means = estimate_means(by_cell.to_numpy(), _files(by_cell.index), plan, name)
    found = widen_certain_rates(means, plan.level).rename(columns={"mean": "value"})
    ends = found[["value", "low", "high"]].to_dict("records")
    return [
        {"metric": metric} | {str(key): value for key, value in row.items()}
        for metric, row in zip(by_cell.columns, ends, strict=True)
    ]


def _files(cell_ids: pd.Index) -> list[str]:
    return [str(cell_id).rpartition("/M")[0] for cell_id in cell_ids]


def taught(replay: Replay, teaching: Teaching, margin: float, plan: Plan) -> Rows:
    """TEACHING rows of one replay; ``margin``: of a win or loss.

    InputError if a search is missing, or the predictions were taught otherwise.
    """
    cells = _so_taught(replay.cells, teaching)
    runs = with_classes(replay.searches[replay.searches["strategy"].isin(SEARCHED)])
    out: Rows = []
    for device, mine in runs.groupby("device", sort=True):
        by_name = dict(iter(mine.groupby("strategy")))
        if absent := [name for name in SEARCHED if name not in by_name]:
            raise InputError(f"--taught {teaching}: {device} has no runs of {', '.join(absent)}")
        about = f"{device} {teaching}"
        for search in SEARCHED:
            rows = list(of_search(by_name[search], plan, f"{about} {search}"))
            if search in CHOOSING:
                chosen = _of(replay.choices, str(device), search)
                rows += over_committed(chosen, margin, plan, f"{about} {search}")
            if search == NO_SOURCE:
                pair = by_name[ONE_SOURCE], by_name[NO_SOURCE]
                rows += sources_add(*pair, plan, f"{about} pair")
            out += _keyed(rows, str(device), teaching, search, by_name[search]["cell_id"])
        known = cells[cells["device"] == device]
        rows = of_predictor(known, plan, f"{about} {PREDICTOR}")
        out += _keyed(rows, str(device), teaching, PREDICTOR, known["cell_id"])
    return out


def _so_taught(cells: pd.DataFrame, teaching: Teaching) -> pd.DataFrame:
    held_out = teaching.removesuffix("_out")
    wanted = {"dataset": "learned_from", "held_out": held_out, "model": "corrected"}
    for column, value in wanted.items():
        cells = cells[cells[column] == value]
    if cells.empty:
        raise InputError(f"--taught {teaching}: SIM_CELLS has no row of held_out {held_out}")
    return cells


def _of(choices: pd.DataFrame, device: str, search: str) -> pd.DataFrame:
    """InputError if nothing of the search was kept."""
    own = choices["cell_id"].str.startswith(f"{device}/") & (choices["strategy"] == search)
    if not own.any():
        raise InputError(f"SEARCH_CHOICES: no choice of {search} on {device}; replay it again")
    return choices[own]


def _keyed(rows: Rows, device: str, teaching: Teaching, search: str, cells: pd.Series) -> Rows:
    names = pd.Index(cells.unique())
    about = {"device": device, "taught": str(teaching), "search": search, "n": len(names)}
    about["files"] = len(set(_files(names)))
    return [about | row for row in rows]


def frame_of(rows: Rows) -> pd.DataFrame:
    """TEACHING in the order of the rows; what is infinite is empty."""
    found = pd.DataFrame(rows, columns=TEACHING.names)
    for column in ("value", "low", "high"):
        known = found[column].astype(float)
        found[column] = known.where(np.isfinite(known)).map(round_10)
    return found


def _replay(words: list[str]) -> tuple[Teaching, Replay]:
    if words[0] not in list(Teaching):
        raise InputError(f"--taught {words[0]}: one of {', '.join(Teaching)} is wanted")
    tables = (SEARCHES, SEARCH_CHOICES, SIM_CELLS)
    found = [read_table(Path(path), table) for path, table in zip(words[1:], tables, strict=True)]
    return Teaching(words[0]), Replay(*found)


def _parser() -> argparse.ArgumentParser:
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument(
        "--taught", nargs=4, action="append", required=True,
        metavar=("TEACHING", "SEARCHES", "SEARCH_CHOICES", "SIM_CELLS"),
        help="one replay; once for each teaching",
    )  # fmt: skip
    parser.add_argument("--margin", type=float, required=True, help="of a win or loss, as 0.01")
    parser.add_argument("--out", type=Path, required=True, help="TEACHING table to write")
    held.add_replayed(parser)
    options.add_plan(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Parse, read each replay, compare, write."""
    args = _parser().parse_args(argv)

    def body() -> None:
        plan = options.plan(args)
        rows: Rows = []
        for words in args.taught:
            teaching, replay = _replay(words)
            replay = replay._replace(choices=held.read_replayed(args, replay.choices))
            rows += taught(replay, teaching, args.margin, plan)
        write_table(args.out, frame_of(rows), TEACHING)
        LOG.info("%s: %d rows", args.out, len(rows))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
