"""A GPU never recorded: every figure once more by plain numpy from one small pair of tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.cold import COLD
from scripts.lib.schemas.search import BUDGETS, SEARCH_CHOICES, SEARCHES
from scripts.lib.tables import read_table, write_table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.cold import cold, main
from tests.statistics.planted_states import replayed

H100 = "NVIDIA_H100_80GB_HBM3"
CELLS = [f"NVIDIA_H200/E8-N{n}-K1024-top2-bf16/M{m}" for n in (256, 512) for m in (1, 64, 4096)]
PLAN, MARGIN, HALF = Plan(200, 0.95, 1), 0.01, 0.005
FIRST = {cell: 1.0 + 0.1 * place for place, cell in enumerate(CELLS)}
RATIO = dict(zip(CELLS, (0.9, 1.0, 1.1, 1.0, 1.015, None), strict=True))
WANTED = [(name, source) for name, source in (("S1-S8", H100), ("S1-S8, no source", None))]


def searches() -> pd.DataFrame:
    rows = []
    for name, source in WANTED:
        for cell, first in FIRST.items():
            curve = {f"regret_{k}": 1.0 + (first - 1.0) / k for k in BUDGETS}
            rest = {f"{what}_{k}": 0.5 for k in BUDGETS for what in ("tied", "seconds")}
            key = {"cell_id": cell, "source": source, "seed": 0}
            cost = {
                "gpu_seconds": 1.0,
                "trials_to_2pct": 3,
                "gpu_seconds_to_2pct": 1.0,
                "score": 0.5,
            }
            row = key | cost | curve | rest
            rows.append(row | {"strategy": name, "trials": 128})
            made = 1 + CELLS.index(cell)
            rows.append(row | {"strategy": f"{name}, stops", "trials": made})
    frame = pd.DataFrame(rows, columns=SEARCHES.names)
    return frame.assign(**{f"tied_{k}": True for k in BUDGETS})


def choices() -> pd.DataFrame:
    rows = [
        {"cell_id": cell, "strategy": f"{name}, stops", "source": source, "trials": 1,
         "best_id": "b", "chosen_id": "c", "regret": 1.0, "tied": True, "trial_best_tile": 1,
         "trial_tile_64": 1, "ratio": ratio, "low": ratio and ratio - HALF,
         "high": ratio and ratio + HALF}
        for name, source in WANTED for cell, ratio in RATIO.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=SEARCH_CHOICES.names)


def found() -> pd.DataFrame:
    return cold(searches(), choices(), MARGIN, PLAN)


@pytest.mark.parametrize("source", ["none", H100])
def test_each_figure_by_hand(source: str) -> None:
    table = found()
    mine = table[table["source"] == source].set_index("metric")
    first = np.array([*FIRST.values()])
    assert mine.loc["zero_median", "value"] == np.sort(first)[len(first) // 2]
    assert mine.loc["zero_p95", "value"] == first.max()
    for budget in BUDGETS:
        by_hand = np.mean(1.0 + (first - 1.0) / budget)
        assert mine.loc[f"mean_{budget}", "value"] == pytest.approx(by_hand)
    assert mine.loc["trials_median", "value"] == 4
    assert mine.loc["trials_p95", "value"] == len(CELLS)
    assert mine.loc["regret", "value"] == mine.loc["mean_128", "value"]
    ratios = np.array([ratio for ratio in RATIO.values() if ratio])
    shares = {
        "win": ratios + HALF < 1 - MARGIN,
        "loss": ratios - HALF > 1 + MARGIN,
        "non_inferior": ratios + HALF <= 1 + MARGIN,
        "within_2": ratios <= 1.02,
    }
    for metric, inside in shares.items():
        assert mine.loc[metric, "value"] == pytest.approx(inside.mean()), metric
        assert mine.loc[metric, "n"] == len(ratios)
    assert mine.loc["zero_median", "n"] == len(CELLS)
    assert set(mine["files"]) == {2}
    assert (mine["low"] <= mine["value"] + 1e-12).all()
    assert (mine["value"] <= mine["high"] + 1e-12).all()


def test_a_search_that_lacks_is_named() -> None:
    runs = searches()
    with pytest.raises(InputError, match="no run of S1-S8, stops"):
        cold(runs[runs["strategy"] != "S1-S8, stops"], choices(), MARGIN, PLAN)
    with pytest.raises(InputError, match="no run of S1-S8; replay"):
        cold(runs.iloc[:0], choices(), MARGIN, PLAN)
    with pytest.raises(InputError, match="no run of S1-S8, stops"):
        cold(runs, choices().iloc[:0], MARGIN, PLAN)


def test_the_command_writes_the_table(tmp_path) -> None:
    write_table(tmp_path / "s.parquet", searches(), SEARCHES)
    write_table(tmp_path / "c.parquet", choices(), SEARCH_CHOICES)
    out = tmp_path / "cold.parquet"
    command = ["--searches", str(tmp_path / "s.parquet"), "--choices", str(tmp_path / "c.parquet")]
    command += [
        "--margin",
        "0.01",
        "--resamples",
        "100",
        *replayed(tmp_path, CELLS),
        "--out",
        str(out),
    ]
    assert main(command) == 0
    assert set(read_table(out, COLD)["source"]) == {"none", H100}
