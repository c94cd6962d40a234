"""What the best of the configs tried gains, by rounds that did not pick it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.gains import GAIN_RATES, GAINS, Unjudged
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.measured import CELLS, FINALS
from scripts.lib.schemas.recorded import RECORDED
from scripts.lib.tables import read_table, write_table
from scripts.statistics import gains as step
from scripts.statistics.gains import gain_rates, gains
from scripts.statistics.recorded import record
from tests.statistics.conftest import PLAN
from tests.statistics.planted_states import errors_of
from tests.statistics.study import CONFIGS, RUN, Study

CELL = "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64"
COMMITTED, *OTHERS = CONFIGS
ROUNDS = 40


def finals(slots: list[tuple[str, np.ndarray | float]]) -> pd.DataFrame:
    """Finals of one cell: the latency of each slot, one for all rounds or one for each."""
    rows = [
        (CELL, name, RUN, slot, number, us)
        for slot, (name, levels) in enumerate(slots)
        for number, us in enumerate(np.broadcast_to(levels, ROUNDS))
    ]
    names = ["cell_id", "config_id", "run_id", "slot", "round", "us"]
    return pd.DataFrame(rows, columns=names).assign(dataset="one")


def recorded(**values: object) -> pd.DataFrame:
    """The cell's row of RECORDED: ten configs tried, not complete, unless ``values`` say so."""
    whole = dict.fromkeys(RECORDED.names, 0) | {
        "dataset": "one",
        "cell_id": CELL,
        "device": "NVIDIA_H200",
        "shape_id": CELL.split("/")[1],
        "scheme": "bf16",
        "trials": 10,
        "committed": True,
        "complete": False,
        "marks": "drifted",
    }
    return pd.DataFrame([whole | values])


def cells(committed: str | None = COMMITTED) -> pd.DataFrame:
    return pd.DataFrame({"dataset": ["one"], "cell_id": [CELL], "committed_id": [committed]})


def only(table: pd.DataFrame) -> pd.Series:
    assert len(table) == 1
    return table.iloc[0]


@pytest.mark.parametrize(
    ("level", "verdict"), [(0.95, "win"), (0.995, "tie"), (1.005, "tie"), (1.05, "loss")]
)
def test_the_best_other_config_is_judged_at_the_margin(level: float, verdict: str) -> None:
    slots = [(COMMITTED, 1.0), (OTHERS[0], 1.2), (OTHERS[1], level), (COMMITTED, 1.0)]
    row = only(gains(recorded(), cells(), finals(slots), 0.01, 0.95))
    assert (row["chosen_id"], row["verdict"], row["reason"]) == (OTHERS[1], verdict, None)
    assert row["ratio"] == pytest.approx(level)
    assert (row["tried"], row["complete"], row["marks"]) == (10, False, "drifted")


def test_what_picks_the_best_does_not_judge_it() -> None:
    """A config that is fast in the picking rounds only must not win by them."""
    picking = np.arange(ROUNDS) // 2 % 2 == 0
    slots = [(COMMITTED, 1.0), (OTHERS[0], np.where(picking, 0.8, 1.3)), (OTHERS[1], 0.9)]
    row = only(gains(recorded(), cells(), finals(slots), 0.01, 0.95))
    assert (row["chosen_id"], row["verdict"]) == (OTHERS[0], "loss")
    assert row["ratio"] == pytest.approx(1.3)


def test_equal_configs_do_not_win_by_luck() -> None:
    """Twenty finalists without any difference: the luckiest of them is a tie."""
    rng = np.random.default_rng(5)
    noise = [(name, rng.normal(1.0, 0.01, ROUNDS)) for name in CONFIGS[:20]]
    row = only(gains(recorded(), cells(), finals(noise), 0.005, 0.95))
    assert row["verdict"] == "tie"


@pytest.mark.parametrize(
    ("values", "committed", "reason"),
    [
        ({"trials": 10, "not_measured": 10}, COMMITTED, Unjudged.NOT_MEASURED),
        ({}, None, Unjudged.NO_COMMITTED),
        ({"committed": False}, COMMITTED, Unjudged.COMMITTED_FAILED),
        ({}, COMMITTED, Unjudged.NO_PAIRS),
    ],
)
def test_a_cell_without_a_verdict_says_why(
    values: dict[str, object], committed: str | None, reason: Unjudged
) -> None:
    others = finals([(OTHERS[0], 1.0), (OTHERS[1], 1.0)])
    row = only(gains(recorded(**values), cells(committed), others, 0.01, 0.95))
    assert row["reason"] == reason
    assert row[["chosen_id", "ratio", "low", "high", "verdict"]].isna().all()


def test_an_unfinished_cell_is_not_measured() -> None:
    nothing = finals([]).astype({"dataset": str})
    row = only(gains(recorded(), cells().iloc[:0], nothing, 0.01, 0.95))
    assert row["reason"] == Unjudged.NOT_MEASURED


def test_too_few_rounds_decide_nothing() -> None:
    few = finals([(COMMITTED, 1.0), (OTHERS[0], 0.5)])
    row = only(gains(recorded(), cells(), few[few["round"] < 8], 0.01, 0.95))
    assert row["reason"] == Unjudged.NO_PAIRS


def test_finals_of_an_unknown_cell_are_an_error() -> None:
    with pytest.raises(InputError, match="is not in the table of cells"):
        gains(recorded(), cells().iloc[:0], finals([(COMMITTED, 1.0)]), 0.01, 0.95)


def test_without_a_judged_cell_there_are_no_rates() -> None:
    table = gains(recorded(), cells(None), finals([(OTHERS[0], 1.0)]), 0.01, 0.95)
    assert gain_rates(table, errors_of([], 0.0), 0.01, PLAN).empty


def test_widened_rates_are_those_of_plain_numpy() -> None:
    ends = [(0.90, 0.95), (0.975, 0.985), (1.012, 1.02), (0.995, 1.002)]
    low, high = (np.array(end) for end in zip(*ends, strict=True))
    rows = gains(recorded(), cells(), finals([(COMMITTED, 1.0), (OTHERS[0], 0.5)]), 0.01, 0.95)
    table = pd.concat([rows] * len(ends), ignore_index=True).assign(
        low=low, high=high, ratio=(low + high) / 2, tokens=64, verdict=["win", "win", "loss", "tie"]
    )
    found = gain_rates(table, errors_of([64], 0.006), 0.01, PLAN)
    mean = found[found["scheme"] == "all"].set_index("metric")["mean"]
    low, high = low / np.exp(0.006), high * np.exp(0.006)
    assert mean[["win", "loss"]].tolist() == [0.5, 0.25]
    assert mean["win_widened"] == (high < 0.99).mean() == 0.25
    assert mean["loss_widened"] == (low > 1.01).mean() == 0
    assert mean["non_inferior_widened"] == (high <= 1.01).mean() == 0.75
    unknown = gain_rates(table, errors_of([1], 0.006), 0.01, PLAN).set_index("metric")["mean"]
    assert unknown["win_widened"].tolist() == [0, 0]  # of no known error nothing is shown


def test_both_tables_are_written(drawn: Study, tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    names = ("recorded", "aa", "out", "out-rates")
    paths = {name: tmp_path / f"{name}.parquet" for name in names}
    write_table(paths["aa"], errors_of((1, 16, 128, 1024), 0.0), AA_RATES)
    tables = {"finals": (drawn.finals, FINALS), "cells": (drawn.cells, CELLS)}
    for name, (frame, table) in tables.items():
        paths[name] = folder / f"{name}.parquet"
        write_table(paths[name], frame, table)
    frames = [frame.assign(dataset="one") for frame in (drawn.trials, drawn.cells)]
    write_table(paths["recorded"], record(*frames, drawn.space[drawn.space["legal"]]), RECORDED)
    arguments = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    assert step.main([*arguments, "--resamples", "300"]) == 0
    table = read_table(paths["out"], GAINS)
    assert len(table) == len(drawn.cells)
    assert table["verdict"].notna().all()
    assert (table["chosen_id"] != table["committed_id"]).all()
    rates = read_table(paths["out-rates"], GAIN_RATES).set_index(["scheme", "metric"])
    for word in ("win", "tie", "loss"):
        assert rates.loc[("all", word), "mean"] == pytest.approx((table["verdict"] == word).mean())
    geometric = float(np.exp(np.log(table["ratio"]).mean()))
    assert rates.loc[("bf16", "ratio"), "mean"] == pytest.approx(geometric)
