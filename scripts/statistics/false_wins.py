"""How often the procedure finds a winner where nothing differs: A/A pairs of all datasets."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.lib.judging.decision import LOSS, WIN
from scripts.lib.schemas.recorded import FALSE_WINS
from scripts.lib.schemas.statistics import AA
from scripts.lib.shape import parse_cell
from scripts.statistics.bootstrap import (
    Plan,
    estimate_means,
    round_estimates,
    widen_certain_rates,
)
from scripts.statistics.pairwise import compare_twins
from scripts.statistics.stacked import stacked

ALL = "all"
METRICS = {"false_win": WIN, "false_loss": LOSS}


def twins_by_dataset(finals: pd.DataFrame, margin: float, level: float) -> pd.DataFrame:
    """The A/A pairs of each dataset; schema AA with ``dataset``."""
    parts = [
        compare_twins(rows, margin, level).assign(dataset=name)
        for name, rows in finals.groupby("dataset", sort=True)
    ]
    return stacked(parts, [*AA.names, "dataset"])


def false_wins(twins: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Rates over each dataset and over all, per GPU; schema FALSE_WINS."""
    cells = {name: parse_cell(name) for name in twins["cell_id"].unique()}
    twins = twins.assign(device=twins["cell_id"].map(lambda name: cells[name].device))
    parts = []
    for device, rows in twins.groupby("device", sort=True):
        groups = [(ALL, rows), *rows.groupby("dataset", sort=True)]
        for name, group in groups:
            marks = np.column_stack([group["verdict"] == word for word in METRICS.values()])
            shapes = group["cell_id"].map(lambda cell_id: cells[cell_id].shape.id)
            found = estimate_means(marks.astype(float), shapes, plan, f"{device} {name} twins")
            found = round_estimates(widen_certain_rates(found, plan.level))
            parts.append(found.assign(device=device, dataset=name, metric=list(METRICS)))
    return stacked(parts, FALSE_WINS.names)
