"""What the searches and the predictor find, by what taught them; what sources add over none.

Each teaching (``scripts.lib.teaching``) is a replay of its own. Regrets and trials are estimated as
``scripts.statistics.searches`` does. What sources add is paired: the same cells, without a source
and from one; above 1 a source helps.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.judging.bands import NEAR
from scripts.lib.log import run_main
from scripts.lib.schemas.search import SEARCHES
from scripts.lib.schemas.sim import SIM_CELLS
from scripts.lib.schemas.teaching import TEACHING
from scripts.lib.tables import read_table, write_table
from scripts.lib.teaching import Teaching
from scripts.statistics import options
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
SEARCHED = (ONE_SOURCE, "S1-S8, stops", NO_SOURCE, "S6")
PREDICTOR = "predictor"
REGRET_AT = (1, 8, 16, 128)  # trials
WITHIN_AT = 8  # trials
Row = dict[str, Any]
Rows = list[Row]

EXAMPLE = """
  python -m scripts.statistics.teaching --taught layer_out searches_few.parquet sim_cells.parquet \\
    --taught family_out searches_family_out.parquet family_out/sim_cells.parquet \\
    --out results/tables/statistics/teaching.parquet
"""


def of_search(runs: pd.DataFrame, plan: Plan, name: str) -> Iterator[Row]:
    """Regret, nearness and trials of one search's runs on one GPU (rows of ``with_classes``)."""
    rates = rates_of(runs, plan, name).set_index("K")
    for budget in REGRET_AT:
        found = rates.loc[budget]
        ends = {"low": found["regret_low"], "high": found["regret_high"]}
        yield {"metric": f"regret_{budget}", "value": found["regret"], **ends}
    inside = (runs[f"regret_{WITHIN_AT}"] <= NEAR).astype(float)
    yield _share(inside.groupby(runs["cell_id"]).mean(), plan, name)
    costs = costs_of(runs, plan, name)
    for _, label in QUANTILES:
        ends = {side: costs[f"trials_{label}_{side}"] for side in ("low", "high")}
        yield {"metric": f"trials_{label}", "value": costs[f"trials_{label}"], **ends}


def of_predictor(cells: pd.DataFrame, plan: Plan, name: str) -> Row:
    """How often the best of the first predicted is near the best; ``cells``: SIM_CELLS rows."""
    inside = (cells[f"regret_{WITHIN_AT}"] <= NEAR).astype(float)
    return _share(inside.set_axis(cells["cell_id"]).sort_index(), plan, name)


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


def _share(by_cell: pd.Series, plan: Plan, name: str) -> Row:
    values = by_cell.to_numpy(dtype=np.float64)[:, None]
    means = estimate_means(values, _files(by_cell.index), plan, f"{name} within")
    found = widen_certain_rates(means, plan.level).iloc[0]
    ends = {side: found[side] for side in ("low", "high")}
    return {"metric": f"within_2_{WITHIN_AT}", "value": found["mean"], **ends}


def _files(cell_ids: pd.Index) -> list[str]:
    return [str(cell_id).rpartition("/M")[0] for cell_id in cell_ids]


def taught(searches: pd.DataFrame, cells: pd.DataFrame, teaching: Teaching, plan: Plan) -> Rows:
    """TEACHING rows of one replay: ``searches`` SEARCHES, ``cells`` SIM_CELLS, so taught.

    InputError if a search is missing, or the predictions were taught otherwise.
    """
    held_out = teaching.removesuffix("_out")
    wanted = {"dataset": "learned_from", "held_out": held_out, "model": "corrected"}
    for column, value in wanted.items():
        cells = cells[cells[column] == value]
    if cells.empty:
        raise InputError(f"--taught {teaching}: SIM_CELLS has no row of held_out {held_out}")
    runs = with_classes(searches[searches["strategy"].isin(SEARCHED)])
    out: Rows = []
    for device, mine in runs.groupby("device", sort=True):
        by_name = dict(iter(mine.groupby("strategy")))
        if absent := [name for name in SEARCHED if name not in by_name]:
            raise InputError(f"--taught {teaching}: {device} has no runs of {', '.join(absent)}")
        about = f"{device} {teaching}"
        for search in SEARCHED:
            rows = list(of_search(by_name[search], plan, f"{about} {search}"))
            if search == NO_SOURCE:
                pair = by_name[ONE_SOURCE], by_name[NO_SOURCE]
                rows += sources_add(*pair, plan, f"{about} pair")
            out += _keyed(rows, str(device), teaching, search, by_name[search]["cell_id"])
        known = cells[cells["device"] == device]
        row = of_predictor(known, plan, f"{about} {PREDICTOR}")
        out += _keyed([row], str(device), teaching, PREDICTOR, known["cell_id"])
    return out


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


def _replay(words: list[str]) -> tuple[Teaching, Path, Path]:
    if words[0] not in list(Teaching):
        raise InputError(f"--taught {words[0]}: one of {', '.join(Teaching)} is wanted")
    return Teaching(words[0]), Path(words[1]), Path(words[2])


def _parser() -> argparse.ArgumentParser:
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument(
        "--taught", nargs=3, action="append", required=True,
        metavar=("TEACHING", "SEARCHES", "SIM_CELLS"), help="one replay; once for each teaching",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, help="TEACHING table to write")
    options.add_plan(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Parse, read each replay, compare, write."""
    args = _parser().parse_args(argv)

    def body() -> None:
        plan = options.plan(args)
        rows: Rows = []
        for words in args.taught:
            teaching, searches, cells = _replay(words)
            tables = read_table(searches, SEARCHES), read_table(cells, SIM_CELLS)
            rows += taught(*tables, teaching, plan)
        write_table(args.out, frame_of(rows), TEACHING)
        LOG.info("%s: %d rows", args.out, len(rows))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
