"""A synthetic record of searches: S1-S8 ahead of all but one baseline, and that at K = 1 alone."""

from __future__ import annotations

import pandas as pd

from scripts.lib.schemas.search import (
    BUDGETS,
    SEARCH_BEHIND,
    SEARCH_CHOICES,
    SEARCH_COSTS,
    SEARCH_PAIRS,
    SEARCH_RATES,
    SEARCH_VERDICTS,
    SEARCHES,
)
from scripts.lib.tables import Table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.search_choices import behind, verdicts
from scripts.statistics.search_pairs import compare
from scripts.statistics.searches import read_off
from tests.statistics.study import DEVICE, SOURCES

CELLS = tuple(f"{DEVICE}/E8-N{n}-K4096-top2-bf16/M{m}" for n in (3584, 1792) for m in (1, 64))
# strategy -> regret at K = 1, and what is left of its excess at each doubling of K
CURVES = {
    "S1-S8": (1.03, 0.3),
    "S1-S8, all sources": (1.02, 0.3),
    "S1-S8 without S6": (1.10, 0.5),
    "S6": (1.01, 0.9),
    "random": (2.0, 0.7),
    "Kernel Tuner pso": (1.9, 0.8),
}
WITH_SOURCE = {"S1-S8"}


def _run(cell: str, strategy: str, source: str | None, seed: int) -> dict[str, object]:
    first, left = CURVES[strategy]
    regrets = [1.0 + (first - 1.0) * left**step for step in range(len(BUDGETS))]
    arrived = next((k for k, regret in zip(BUDGETS, regrets, strict=True) if regret <= 1.02), None)
    row: dict[str, object] = {"cell_id": cell, "strategy": strategy, "source": source}
    row |= {"seed": seed, "trials": 128, "gpu_seconds": 1.5, "score": 0.5}
    row |= {"trials_to_2pct": arrived, "gpu_seconds_to_2pct": arrived and arrived / 100}
    row |= {f"regret_{k}": regret for k, regret in zip(BUDGETS, regrets, strict=True)}
    row |= {f"tied_{k}": regret < 1.001 for k, regret in zip(BUDGETS, regrets, strict=True)}
    return row | {f"seconds_{k}": k / 100 for k in BUDGETS}


def searches() -> pd.DataFrame:
    """SEARCHES rows of every strategy on every cell, from two sources where it reads any."""
    rows = [
        _run(cell, strategy, source, 0)
        for cell in CELLS
        for strategy in CURVES
        for source in (SOURCES if strategy in WITH_SOURCE else (None,))
    ]
    return pd.DataFrame(rows, columns=SEARCHES.names)


def search_choices() -> pd.DataFrame:
    """SEARCH_CHOICES: all but the last cell's at the best; that one's stopped early, 3% behind."""
    rows = []
    for cell in CELLS:
        for source in SOURCES:
            late = cell == CELLS[-1]
            ratio = 0.95 if source == SOURCES[0] else 1.05
            row = {"cell_id": cell, "strategy": "S1-S8", "source": source, "tied": not late}
            row |= {"trials": 20 if late else 128, "regret": 1.03 if late else 1.0}
            row |= {"best_id": "M64-N64-K64-G1-W4-S2", "chosen_id": "M16-N64-K64-G1-W4-S2"}
            row |= {"trial_best_tile": None if late else 2, "trial_tile_64": 2}
            rows.append(row | {"ratio": ratio, "low": ratio - 0.01, "high": ratio + 0.01})
    return pd.DataFrame(rows, columns=SEARCH_CHOICES.names)


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """What the report reads of them."""
    plan = Plan(resamples=200)
    rates, costs = read_off(searches(), plan)
    return {
        "search_rates": (rates, SEARCH_RATES),
        "search_costs": (costs, SEARCH_COSTS),
        "search_pairs": (compare(searches(), plan), SEARCH_PAIRS),
        "search_choices": (search_choices(), SEARCH_CHOICES),
        "search_verdicts": (verdicts(search_choices(), 0.01, plan), SEARCH_VERDICTS),
        "search_behind": (behind(search_choices(), 0.01), SEARCH_BEHIND),
    }
