"""Read the replayed searches off: regret at each budget, what it takes to come within 2%.

Every cell counts once, whatever the number of its runs (sources, seeds).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scripts.lib.device import find_device
from scripts.lib.judging.token_classes import search_class
from scripts.lib.log import run_main
from scripts.lib.schemas.search import BUDGETS, SEARCH_COSTS, SEARCH_RATES, SEARCHES
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import Plan, estimate_means, exponentiate, quantile_interval
from scripts.statistics.stacked import stacked

LOG = logging.getLogger("statistics.searches")
Floats = npt.NDArray[np.float64]

WITHIN = (1, 2, 5, 10)  # per cent
EVERY = "S1-S8, all sources"  # one run on every cell, as the ablations have
BY_CLASS = ("S1-S8", EVERY)  # whose classes have intervals too
GROUPS = ("E", "scheme", "regime", "vendor", "source")
QUANTILES = ((0.5, "median"), (0.95, "p95"))
_REGRETS = [f"regret_{budget}" for budget in BUDGETS]
_SECONDS = [f"seconds_{budget}" for budget in BUDGETS]
_TIED = [f"tied_{budget}" for budget in BUDGETS]
EXAMPLE = """
  python -m scripts.statistics.searches --searches results/tables/transfer/searches.parquet \\
    --resamples 10000 --level 0.95 --seed 1 \\
    --out-rates results/tables/statistics/search_rates.parquet \\
    --out-costs results/tables/statistics/search_costs.parquet
"""


def with_classes(searches: pd.DataFrame) -> pd.DataFrame:
    """The runs with their cell's GPU, file, E, scheme and regime, and their source's vendor.

    ``cell``: the cell's number, in the order of ids, by which grouping is quick.
    """
    cells = {name: parse_cell(name) for name in searches["cell_id"].unique()}
    about = pd.DataFrame(
        [
            {
                "cell_id": name,
                "device": cell.device,
                "file": f"{cell.device}/{cell.shape.id}",
                "E": f"{cell.shape.experts}",
                "scheme": cell.shape.scheme,
                "regime": search_class(cell.tokens),
            }
            for name, cell in cells.items()
        ],
        columns=["cell_id", "device", "file", "E", "scheme", "regime"],
    )
    vendors = {name: str(find_device(name).vendor) for name in searches["source"].dropna().unique()}
    found = searches.merge(about, on="cell_id")
    numbers = pd.factorize(found["cell_id"], sort=True)[0]
    return found.assign(vendor=found["source"].map(vendors), cell=numbers)


def classes_of(runs: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Group, value and the runs of each class of one strategy; no value, no class."""
    yield "all", "", runs
    for group in GROUPS:
        for value, rows in runs.groupby(group, sort=True, observed=True):
            yield group, str(value), rows


def rates_of(runs: pd.DataFrame, plan: Plan | None, name: str) -> pd.DataFrame:
    """The SEARCH_RATES columns from K on, a row for each budget, of one class's runs.

    Intervals if there is a plan.
    """
    regret = runs[_REGRETS].to_numpy(dtype=float)
    of_runs = {
        "logs": np.log(regret),
        "found": np.isfinite(regret),
        "gpu_seconds": runs[_SECONDS].to_numpy(dtype=float),
        **{f"within_{share}": regret <= 1.0 + share / 100 for share in WITHIN},
        "tied": runs[_TIED].to_numpy(dtype=float),
    }
    means = _cell_means(np.hstack([*of_runs.values()]), runs["cell"].to_numpy())
    by_name = dict(zip(of_runs, np.hsplit(means, len(of_runs)), strict=True))
    logs = by_name.pop("logs")
    columns: dict[str, Any] = {"K": BUDGETS, "n": len(logs)}
    columns |= {name: values.mean(axis=0) for name, values in by_name.items()}
    columns |= {"regret_low": np.nan, "regret_high": np.nan}
    some = np.isfinite(logs).any(axis=0)
    columns["regret"] = np.full(len(BUDGETS), np.nan)
    columns["regret"][some] = np.exp(np.nanmean(logs[:, some], axis=0))
    if plan is not None:
        files = _files(runs).to_numpy()
        regrets = exponentiate(estimate_means(logs, files, plan, name))
        columns |= {f"regret_{end}": regrets[end].to_numpy() for end in ("low", "high")}
    return pd.DataFrame(columns)


def _files(runs: pd.DataFrame) -> pd.Series:
    """The file of each cell, by the cell's number."""
    return runs.drop_duplicates("cell").set_index("cell")["file"].sort_index()


def _cell_means(values: Floats, cells: npt.NDArray[Any]) -> Floats:
    """Mean over the runs of each cell, shape (cells, columns); a NaN is a run without a value."""
    return pd.DataFrame(values).groupby(cells, sort=True).mean().to_numpy()


def costs_of(runs: pd.DataFrame, plan: Plan | None, name: str) -> dict[str, Any]:
    """The SEARCH_COSTS columns from n on of one class's runs; intervals if there is a plan."""
    cells = runs["cell"].to_numpy()
    arrived = runs["trials_to_2pct"].notna().to_numpy(dtype=float)
    row: dict[str, Any] = {"n": runs["cell"].nunique(), "runs": len(runs)}
    row["seeds"] = runs["seed"].nunique()
    columns = [runs[one].to_numpy(dtype=float) for one in ("trials", "gpu_seconds", "score")]
    per_cell = _cell_means(np.column_stack([arrived, *columns]), cells)
    row["arrived"], *made = np.nanmean(per_cell, axis=0).tolist()
    for column in ("trials", "gpu_seconds"):
        needed = runs[f"{column}_to_2pct"].to_numpy(dtype=float, na_value=np.nan)
        medians = _cell_medians(np.where(np.isnan(needed), np.inf, needed), cells)
        for quantile, label in QUANTILES:
            value = float(np.quantile(medians, quantile, method="higher"))
            row[f"{column}_{label}"] = value if np.isfinite(value) else None
        if column == "trials" and plan is not None:
            row |= _trial_intervals(medians, runs, plan, name)
    return row | dict(zip(("trials_made", "gpu_seconds", "score"), made, strict=True))


def _cell_medians(needed: Floats, cells: npt.NDArray[Any]) -> Floats:
    """Of each cell's runs the median; of an even number the upper one: half need no more."""
    order = np.lexsort((needed, cells))
    _, first, runs = np.unique(cells[order], return_index=True, return_counts=True)
    found: Floats = needed[order][first + runs // 2]
    return found


def _trial_intervals(
    medians: Floats, runs: pd.DataFrame, plan: Plan, name: str
) -> dict[str, float | None]:
    """Intervals of both quantiles of the trials to within 2%; an infinite end is empty."""
    files = _files(runs)
    row: dict[str, float | None] = {}
    for quantile, label in QUANTILES:
        ends = quantile_interval(medians, files.to_numpy(), quantile, plan, f"{name} {label}")
        for side, end in zip(("low", "high"), ends, strict=True):
            row[f"trials_{label}_{side}"] = end if np.isfinite(end) else None
    return row


def read_off(searches: pd.DataFrame, plan: Plan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """SEARCH_RATES and SEARCH_COSTS of SEARCHES, sorted by GPU, strategy, group, value and K."""
    rates, costs = [], []
    # Numbers instead of texts: each class takes its rows of every column.
    texts = dict.fromkeys((*GROUPS, "file"), "category")
    every = with_classes(searches).drop(columns="cell_id").astype(texts)
    for (device, strategy), runs in every.groupby(["device", "strategy"]):
        for group, value, rows in classes_of(runs):
            key = {"strategy": str(strategy), "group": group, "value": value}
            name = " ".join(key.values())  # without the GPU: alike resamples on each
            sure = plan if group == "all" or strategy in BY_CLASS else None
            key = {"device": str(device)} | key
            rates.append(rates_of(rows, sure, name).assign(**key))
            costs.append(key | costs_of(rows, plan if group == "all" else None, name))
    order = ["device", "strategy", "group", "value"]
    # Ten digits: a mean's last ones depend on the order of the sum.
    return (
        stacked(rates, SEARCH_RATES.names).round(10).sort_values([*order, "K"], ignore_index=True),
        pd.DataFrame(costs, columns=SEARCH_COSTS.names)
        .round(10)
        .sort_values(order, ignore_index=True),
    )


def main(argv: list[str] | None = None) -> int:
    """Parse, read, summarise, write."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--searches", type=Path, required=True, help="SEARCHES table")
    parser.add_argument("--out-rates", type=Path, required=True, help="SEARCH_RATES to write")
    parser.add_argument("--out-costs", type=Path, required=True, help="SEARCH_COSTS to write")
    options.add_plan(parser)
    args = parser.parse_args(argv)

    def body() -> None:
        plan = options.plan(args)
        rates, costs = read_off(read_table(args.searches, SEARCHES), plan)
        write_table(args.out_rates, rates, SEARCH_RATES)
        write_table(args.out_costs, costs, SEARCH_COSTS)
        LOG.info("%s: %d strategies", args.out_rates, rates["strategy"].nunique())

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
