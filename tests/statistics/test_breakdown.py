"""Verdicts by class: every judged row is in one class of each kind, and the rates are theirs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.judging.token_classes import BREAKDOWN
from scripts.lib.schemas.breakdowns import BREAKDOWNS, By, What
from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.schemas.gains import GAINS
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.live import LIVE
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.recorded import COVERAGE
from scripts.lib.schemas.states import STATES
from scripts.lib.schemas.triples import TRIPLE_VERDICTS
from scripts.lib.tables import read_table, write_table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.breakdown import break_all_down, judged_rows, main
from scripts.statistics.classes import classify, describe_files, ranges
from scripts.statistics.held import Held
from tests.statistics.planted_states import errors_of, states_of

DEVICE = "NVIDIA_H200"
SMALL, LARGE = "E8-N256-K4096-top2-bf16", "E256-N4096-K4096-top2-fp8_w8a8"
LAST = pd.Timestamp("2026-08-01", tz="UTC")
PLAN = Plan(resamples=200)


def filled(rows: list[dict[str, object]], schema) -> pd.DataFrame:
    """Rows with every column of a schema: zeros where none is given and none may be missing."""
    zeros = {"string": "", "bool": True, "double": 0.0}
    frame = pd.DataFrame(rows)
    for column in schema.columns:
        if column.name not in frame:
            kind = str(column.type)
            zero = LAST if "timestamp" in kind else zeros.get(kind, 0)
            frame[column.name] = None if column.nullable else zero
    return frame[schema.names]


def triple(source: str, shape: str, tokens: int, ratio: float | None, verdict: str | None):
    return {
        "source": source,
        "target": DEVICE,
        "cell_id": f"{DEVICE}/{shape}/M{tokens}",
        "shape_id": shape,
        "scheme": shape.rsplit("-", maxsplit=1)[-1],
        "tokens": tokens,
        "dataset": "d",
        "target_file": f"{shape}.json",
        "carried_id": "a",
        "committed_id": "c",
        "ratio": ratio,
        "low": ratio and ratio - 0.005,
        "high": ratio and ratio + 0.005,
        "verdict": verdict,
    }


TRIPLES = filled(
    [
        triple("NVIDIA_H100_80GB_HBM3", SMALL, 1, 0.8, "win"),
        triple("NVIDIA_H100_80GB_HBM3", SMALL, 128, 1.0, "tie"),
        triple("AMD_Instinct_MI300X", SMALL, 1, 1.3, "loss"),
        triple("AMD_Instinct_MI300X", LARGE, 4096, None, "loss"),
        triple("AMD_Instinct_MI300X", LARGE, 2048, None, None),
    ],
    TRIPLE_VERDICTS,
)
GAINED = filled(
    [
        {"dataset": name, "cell_id": f"{DEVICE}/{shape}/M1", "device": DEVICE, "shape_id": shape}
        | {"scheme": "bf16", "tokens": 1, "ratio": 0.9, "low": 0.89, "high": 0.91, "verdict": "win"}
        for name, shape in (("d", SMALL), ("d", LARGE), ("other", SMALL))
    ],
    GAINS,
)
COVERED = filled(
    [{"cell_id": f"{DEVICE}/{shape}/M1", "file": f"{shape}.json"} for shape in (SMALL, LARGE)],
    COVERAGE,
)
LAYERS = filled(
    [{"shape_id": SMALL, "model": "Qwen3-30B-A3B"}, {"shape_id": LARGE, "model": None}], SHAPES
)
FILES = filled(
    [
        {"file": f"{SMALL}.json", "last_commit_date": LAST, "triton_version": "3.6.0"},
        {"file": f"{LARGE}.json", "last_commit_date": LAST - pd.Timedelta(days=400)},
    ],
    HISTORY,
)


# By the search from H100 the first cell is won, the second a tie; the others were not searched.
LIVED = filled(
    [
        {"cell_id": f"{DEVICE}/{SMALL}/M{tokens}", "source": "NVIDIA_H100_80GB_HBM3"}
        | {"triple": True, "final_id": "a", "committed_id": "c", "final_decision": word}
        | {"final_ratio": ratio, "final_low": ratio - 0.002, "final_high": ratio + 0.002}
        for tokens, ratio, word in ((1, 0.985, "win"), (128, 1.0, "tie"))
    ],
    LIVE,
)
HELD = Held(
    states_of([(row["cell_id"], "", "") for row in LIVED.to_dict("records")], "study"),
    pd.concat([errors_of((1, 128, 4096), 0.004, "study"), errors_of((1, 128, 4096), 0.3, "d")]),
    ["study"],
)


def broken_down(plan: Plan) -> pd.DataFrame:
    judged = judged_rows(TRIPLES, GAINED, LIVED, COVERED, HELD)
    return break_all_down(judged, LAYERS, FILES, 0.01, plan)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return broken_down(PLAN)


def rate(table: pd.DataFrame, what: What, by: By, value: str, metric: str) -> float:
    keys = {"what": what, "by": by, "value": value, "metric": metric}
    rows = table[(table[[*keys]] == pd.Series(keys)).all(axis=1)]
    assert len(rows) == 1
    return float(rows["mean"].iloc[0])


@pytest.mark.parametrize(
    ("by", "value", "win", "loss"),
    [
        (By.ALL, "all", 0.25, 0.5),
        (By.SOURCE, "MI300X", 0.0, 1.0),
        (By.SOURCE, "H100 80GB HBM3", 0.5, 0.0),
        (By.VENDOR, "amd", 0.0, 1.0),
        (By.TOKENS, "up to 64", 0.5, 0.5),
        (By.TOKENS, "65 to 512", 0.0, 0.0),
        (By.TOKENS, "from 513", 0.0, 1.0),
        (By.EXPERTS, "up to 8", 1 / 3, 1 / 3),
        (By.EXPERTS, "from 129", 0.0, 1.0),
        (By.INTERMEDIATE, "up to 256", 1 / 3, 1 / 3),
        (By.SCHEME, "fp8_w8a8", 0.0, 1.0),
        (By.FAMILY, "Qwen3", 1 / 3, 1 / 3),
        (By.FAMILY, "no known model", 0.0, 1.0),
        (By.AGE, "up to 180", 1 / 3, 1 / 3),
        (By.AGE, "from 366", 0.0, 1.0),
        (By.TRITON, "3.6.0", 1 / 3, 1 / 3),
        (By.TRITON, "not stated", 0.0, 1.0),
    ],
)
def test_each_class_has_the_rates_of_its_rows(
    table: pd.DataFrame, by: By, value: str, win: float, loss: float
) -> None:
    assert rate(table, What.COPIED, by, value, "win") == pytest.approx(win)
    assert rate(table, What.COPIED, by, value, "loss") == pytest.approx(loss)


def test_a_copy_that_failed_is_outside_every_bound_and_has_no_ratio(table: pd.DataFrame) -> None:
    assert rate(table, What.COPIED, By.ALL, "all", "within_10") == 0.5
    assert rate(table, What.COPIED, By.ALL, "all", "at_or_under") == 0.5
    rows = table[(table["what"] == What.COPIED) & (table["by"] == By.ALL)].set_index("metric")
    assert (rows.loc["ratio", "n"], rows.loc["win", "n"]) == (3, 4)
    assert rows.loc["ratio", "mean"] == pytest.approx(float(np.exp(np.log([0.8, 1, 1.3]).mean())))
    assert rows.loc["speedup_winners", "mean"] == pytest.approx(1 / 0.8)
    assert rows.loc["speedup_winners", "n"] == 1


def test_searched_rows_are_those_that_were_searched_by_the_error_of_their_finals(
    table: pd.DataFrame,
) -> None:
    for by, value, wins, count in (
        (By.ALL, "all", 1 / 2, 2), (By.SOURCE, "H100 80GB HBM3", 1 / 2, 2),
        (By.TRITON, "3.6.0", 1 / 2, 2), (By.TOKENS, "up to 64", 1, 1),
    ):  # fmt: skip
        assert rate(table, What.SEARCHED, by, value, "win") == pytest.approx(wins)
        # 0.985 +- 0.002 moved by 0.4%: its upper end is 0.99096 by plain numbers.
        assert 0.987 * np.exp(0.004) > 0.99
        assert rate(table, What.SEARCHED, by, value, "win_widened") == 0
        mine = table[(table["what"] == What.SEARCHED) & (table["by"] == by)]
        assert mine.loc[mine["value"] == value, "judged"].tolist() == [count] * len(
            mine[mine["value"] == value]
        )


def test_widened_verdicts_of_copies_are_those_of_plain_numpy(table: pd.DataFrame) -> None:
    ratio = np.array([0.8, 1.0, 1.3, np.nan])
    low, high = (ratio - 0.005) * np.exp(-0.3), (ratio + 0.005) * np.exp(0.3)
    for name, expected in (
        ("win_widened", high < 0.99),
        ("loss_widened", (low > 1.01) | np.isnan(ratio)),
        ("non_inferior_widened", high <= 1.01),
    ):
        found = rate(table, What.COPIED, By.ALL, "all", name)
        assert found == pytest.approx(expected.mean())


def test_every_judged_row_is_in_exactly_one_class_of_each_kind(table: pd.DataFrame) -> None:
    wins = table[table["metric"] == "win"]
    total = wins[wins["by"] == By.ALL].set_index("what")["judged"]
    for (what, _), rows in wins.groupby(["what", "by"]):
        assert rows["judged"].sum() == total[what]


def test_the_best_are_those_of_the_dataset_of_the_triples(table: pd.DataFrame) -> None:
    best = table[(table["what"] == What.BEST) & (table["metric"] == "win")]
    assert best.loc[best["by"] == By.ALL, "judged"].tolist() == [2]
    assert not set(best["by"]) & {By.SOURCE, By.VENDOR}


def test_ranges_hold_their_upper_bound_and_keep_their_order() -> None:
    found = ranges(pd.Series([1, 64, 65, 512, 513]), BREAKDOWN)
    assert found.tolist() == ["up to 64", "up to 64", "65 to 512", "65 to 512", "from 513"]
    assert found.cat.categories.tolist() == ["up to 64", "65 to 512", "from 513"]


def test_age_is_counted_at_the_last_commit_of_the_history() -> None:
    assert describe_files(FILES)["age_days"].tolist() == [0.0, 400.0]
    rows = TRIPLES.rename(columns={"target_file": "file"})
    assert set(classify(rows, LAYERS, describe_files(FILES))) == set(By) - {By.ALL}


def test_main_writes_the_table_and_the_same_bytes_again(tmp_path: Path) -> None:
    frames = {
        "triples": (TRIPLES, TRIPLE_VERDICTS),
        "gains": (GAINED, GAINS),
        "coverage": (COVERED, COVERAGE),
        "shapes": (LAYERS, SHAPES),
        "history": (FILES, HISTORY),
        "live": (LIVED, LIVE),
        "states": (HELD.states, STATES),
        "aa": (HELD.rates, AA_RATES),
    }
    argv = ["--resamples", "200", "--study", "study"]
    for name, (frame, schema) in frames.items():
        write_table(tmp_path / f"{name}.parquet", frame, schema)
        argv += [f"--{name}", str(tmp_path / f"{name}.parquet")]
    outs = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    assert [main([*argv, "--out", str(out)]) for out in outs] == [0, 0]
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert len(read_table(outs[0], BREAKDOWNS))
