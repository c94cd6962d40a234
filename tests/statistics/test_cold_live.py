"""Searches on a GPU as if it had never been recorded: every figure once more by plain numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.schemas.cold_live import COLD_LIVE, FOUND
from scripts.lib.schemas.live import LIVE
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.measured import CELLS
from scripts.lib.schemas.states import STATES, Power, Steadiness
from scripts.lib.tables import read_table, write_table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.cold_live import cold_live, judged, main, searched
from scripts.statistics.held import Held
from tests.statistics.planted_states import errors_of, states_of
from tests.transfer.study import filled

PLAN, MARGIN, HALF, ERROR = Plan(200, 0.95, 1), 0.01, 0.005, 0.004
STUDY, FINALS = "cold-study", "cold-finals"
SHAPES = ("E8-N256-K1024-top2-bf16", "E8-N512-K1024-top2-fp8_w8a8")
CELLS_OF = [f"NVIDIA_H200/{shape}/M{m}" for shape in SHAPES for m in (1, 64, 4096)]
WHOLE = {"E8-N256-K1024-top2"}
# Of each cell: the choice over committed and over the default, its trials, and latencies in us.
RATIO = (0.9, 1.0, 1.008, 1.03, 1.1, None)
DEFAULT = (0.8, 0.7, None, 1.5, 1.015, 0.9)
TRIALS = (4, 8, 12, 12, 20, 31)
FIRST = (10.0, 11.0, None, 13.0, 20.0, 15.0)
BEST, CHOSEN = 10.0, 10.1


def rows_of(ratios: tuple[float | None, ...], source: str) -> list[dict[str, object]]:
    out = []
    for cell, ratio, trials in zip(CELLS_OF, ratios, TRIALS, strict=True):
        row = {"cell_id": cell, "source": source, "trials": trials, "triple": False}
        row |= {"committed_id": "c", "final_id": "f", "budget": 128, "ended": "margin"}
        if ratio is not None:
            low, high = ratio - HALF, ratio + HALF
            word = "win" if high < 0.99 else "loss" if low > 1.01 else "tie"
            row |= {"fresh_ratio": ratio, "fresh_low": low, "fresh_high": high}
            row |= {"fresh_decision": word}
        out.append(row)
    return out


def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    live, default, found = [], [], []
    for source in ("", "none"):
        live += rows_of(RATIO, source)
        default += rows_of(DEFAULT, source)
        for cell, first in zip(CELLS_OF, FIRST, strict=True):
            us = {f"us_{k}": first and max(BEST, first - k + 1) for k in (1, 2, 4, 8)}
            key = {"cell_id": cell, "source": source, "first_id": "a"}
            found.append(key | us | {"chosen_us": CHOSEN, "best_us": BEST})
    return filled(LIVE, live), filled(LIVE, default), filled(FOUND, found)


def held() -> Held:
    planted = [(cell, Power.FREE, Steadiness.STEADY) for cell in CELLS_OF]
    states = pd.concat([states_of(planted, name) for name in (STUDY, FINALS)], ignore_index=True)
    errors = [errors_of((1, 64, 4096), ERROR, name) for name in (STUDY, FINALS)]
    whole = errors[1].iloc[:1].assign(tokens=pd.NA, pairs=7, missed=0.2, false_win=0.1)
    return Held(states, pd.concat([*errors, whole], ignore_index=True), [STUDY], [FINALS])


def measured() -> pd.DataFrame:
    return cold_live(searched(*tables(), WHOLE, held(), MARGIN), held(), PLAN)


def test_each_figure_by_hand() -> None:
    table = measured()
    assert set(table["source"]) == {"together", "none", ""}
    mine = table[(table["source"] == "together") & (table["group"] == "all")].set_index("metric")
    first = np.array([us for us in FIRST if us])
    assert mine.loc["zero_median", "value"] == np.sort(first)[2] / BEST
    assert mine.loc["zero_p95", "value"] == first.max() / BEST
    assert mine.loc["zero_median", "n"] == len(first)
    assert mine.loc["first_mean", "value"] == pytest.approx(first.mean() / CHOSEN)
    for k in (1, 2, 4, 8):
        by_hand = np.maximum(BEST, first - k + 1).mean() / BEST
        assert mine.loc[f"mean_{k}", "value"] == pytest.approx(by_hand)
    assert mine.loc["trials_median", "value"] == 12
    assert mine.loc["regret", "value"] == pytest.approx(CHOSEN / BEST)
    for ratios, suffix in ((RATIO, ""), (DEFAULT, "_default")):
        known = np.array([ratio for ratio in ratios if ratio])
        wide = np.exp(ERROR)
        shares = {
            "win": known + HALF < 0.99,
            "loss": known - HALF > 1.01,
            "non_inferior": known + HALF <= 1.01,
            "within_2": known <= 1.02,
            "win_widened": (known + HALF) * wide < 0.99,
            "loss_widened": (known - HALF) / wide > 1.01,
            "non_inferior_widened": (known + HALF) * wide <= 1.01,
        }
        for metric, inside in shares.items():
            row = mine.loc[metric + suffix]
            assert row["value"] == pytest.approx(inside.mean()), metric + suffix
            assert row["n"] == len(known) and row["low"] <= row["value"] <= row["high"]
    # Where one of the two is not known the other is all there is; without the committed one, none.
    better = [r <= 1.02 and (d or 0) <= 1.02 for r, d in zip(RATIO, DEFAULT, strict=True) if r]
    assert mine.loc["within_2_better", "value"] == pytest.approx(np.mean(better))


def test_classes_and_identical_pairs_stand_beside() -> None:
    table = measured()
    classes = table[table["source"] == "none"].groupby(["group", "which"])["n"].max()
    assert classes.to_dict() == {
        ("all", ""): 6, ("layer", "new"): 3, ("layer", "whole"): 3,
        ("scheme", "bf16"): 3, ("scheme", "fp8_w8a8"): 3,
    }  # fmt: skip
    pairs = table[table["group"] == "aa"].set_index("metric")
    assert pairs.loc["missed", ["which", "value", "n"]].tolist() == [FINALS, 0.2, 7]
    assert pairs.loc["false_win", "value"] == 0.1


def test_a_cell_that_nothing_judged_has_no_share() -> None:
    live, _, _ = tables()
    marks = judged(live, held(), MARGIN)
    assert marks[live["fresh_ratio"].isna()].isna().all(axis=None)
    assert marks[live["fresh_ratio"].notna()].notna().all(axis=None)


def test_the_command_writes_the_table_also_without_a_study(tmp_path: Path) -> None:
    names = ("live", "default", "found")
    for some in (tables(), tuple(one.iloc[:0] for one in tables())):
        for name, frame, table in zip(names, some, (LIVE, LIVE, FOUND), strict=True):
            write_table(tmp_path / f"{name}.parquet", frame, table)
        write_table(tmp_path / "states.parquet", held().states, STATES)
        write_table(tmp_path / "aa.parquet", held().rates, AA_RATES)
        whole = filled(CELLS, [{"cell_id": CELLS_OF[0]}])
        write_table(tmp_path / "cells.parquet", whole, CELLS)
        options = [word for name in (*names, "states", "aa")
                   for word in (f"--{name}", str(tmp_path / f"{name}.parquet"))]  # fmt: skip
        options += ["--whole", str(tmp_path / "cells.parquet"), "--resamples", "100"]
        if len(some[0]):
            options += ["--study", STUDY, "--fresh", FINALS]
        assert main([*options, "--out", str(tmp_path / "out.parquet")]) == 0
        read = read_table(tmp_path / "out.parquet", COLD_LIVE)
        assert bool(len(read)) == bool(len(some[0]))
    assert {"whole", "new"} == set(measured().query("group == 'layer'")["which"])
