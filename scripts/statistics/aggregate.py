"""Rates of win, tie and loss, of being within 2, 5 and 10%, and regret, per pair, strategy and K.

Cells are the unit. A search with many seeds counts once per cell, by its mean over the seeds.
Baselines have no source: they are repeated for every pair, over that pair's cells, so that they
can be read beside the strategies. Whole config files are resampled as shapes, since one file
holds the batches of one shape.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.judging.decision import LOSS, TIE, WIN
from scripts.lib.log import run_main
from scripts.lib.schemas.statistics import RATES, VERDICTS
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import (
    Plan,
    estimate_means,
    exponentiate,
    round_estimates,
    widen_certain_rates,
)

RATE_METRICS = [WIN, TIE, LOSS, "within_2", "within_5", "within_10"]
METRICS = [*RATE_METRICS, "regret"]
EXAMPLE = (
    "python -m scripts.statistics.aggregate --verdicts results/tables/statistics/verdicts.parquet"
    " --out results/tables/statistics/rates.parquet"
)


def aggregate(verdicts: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Rates with intervals for every pair of the verdicts; schema ``RATES``."""
    scores = _cell_scores(verdicts)
    baselines = scores[scores["source"].isna()]
    parts = []
    for (source, target), rows in scores.dropna(subset="source").groupby(["source", "target"]):
        beside = baselines[baselines["cell_id"].isin(rows["cell_id"])]
        both = pd.concat([rows, beside])
        parts.append(_one_pair(both, plan, str(source), str(target)))
    if not parts:
        return pd.DataFrame(columns=RATES.names)
    out = pd.concat(parts)[RATES.names]
    return out.sort_values(["source", "target", "strategy", "K"], kind="stable", ignore_index=True)


def _cell_scores(verdicts: pd.DataFrame) -> pd.DataFrame:
    """One row per cell, strategy, source and K: the means over the seeds, regret as a logarithm."""
    marks = {name: (verdicts["verdict"] == name).astype(float) for name in (WIN, TIE, LOSS)}
    frame = verdicts.assign(**marks, regret=np.log(verdicts["regret"].astype(float)))
    keys = ["cell_id", "source", "strategy", "K"]
    scores = frame.groupby(keys, dropna=False, sort=True)[METRICS].mean().reset_index()
    cells = {name: parse_cell(name) for name in scores["cell_id"].unique()}
    return scores.assign(
        target=scores["cell_id"].map(lambda name: cells[name].device),
        shape=scores["cell_id"].map(lambda name: cells[name].shape.id),
    )


def _one_pair(scores: pd.DataFrame, plan: Plan, source: str, target: str) -> pd.DataFrame:
    """All strategies and budgets of a pair on the same resamples, so that they compare."""
    wide = scores.pivot(index=["shape", "cell_id"], columns=["strategy", "K"], values=METRICS)
    wide = wide.astype(float)
    shapes = wide.index.get_level_values("shape").to_numpy()
    estimates = estimate_means(wide.to_numpy(), shapes, plan, f"{source}->{target}")
    labels = wide.columns.to_frame(index=False).set_axis(["metric", "strategy", "K"], axis=1)
    out = pd.concat([labels, estimates], axis=1)
    rates = out["metric"] != "regret"
    names = list(estimates.columns)
    out.loc[rates, names] = widen_certain_rates(out.loc[rates, names], plan.level)
    out.loc[~rates, names] = exponentiate(out.loc[~rates, names])
    cells = scores.groupby(["strategy", "K"]).size().rename("cells").reset_index()
    out = out.merge(cells, on=["strategy", "K"], validate="many_to_one")
    out[names] = round_estimates(out[names])
    return out.assign(source=source, target=target)


def main(argv: list[str] | None = None) -> int:
    """Read the verdicts, aggregate, write the rates."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--verdicts", type=Path, required=True, help="judged replays")
    parser.add_argument("--out", type=Path, required=True, help="table of rates")
    options.add_plan(parser)
    arguments = parser.parse_args(argv)

    def body() -> None:
        verdicts = read_table(arguments.verdicts, VERDICTS)
        write_table(arguments.out, aggregate(verdicts, options.plan(arguments)), RATES)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
