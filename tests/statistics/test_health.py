"""Health of committed rows, each figure recomputed in plain numpy from planted latencies."""

from __future__ import annotations

from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.runtimes.default_config import default_config
from scripts.lib.schemas.health import HEALTH, HEALTH_RATES
from scripts.lib.shape import BATCH_LADDER
from scripts.lib.tables import read_table
from scripts.statistics import health as module
from scripts.statistics.committed_rows import proposal
from scripts.statistics.rounds import read_rounds
from tests.statistics.planted_health import (
    CELLS_OF,
    COMMITTED,
    DEVICE,
    FAST,
    HALF,
    ROUNDS,
    TRUTH,
    WHOLE,
    finals,
    written,
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("health")
    return made(folder, written(folder / "op"))


def made(folder: Path, *op: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    out, rates = folder / "health.parquet", folder / "health_rates.parquet"
    arguments = ["--history", str(folder / "history.parquet"), "--margin", "0.01",
                 "--op", *map(str, op), "--resamples", "200",
                 "--out", str(out), "--out-rates", str(rates)]  # fmt: skip
    assert module.main(arguments) == 0
    return read_table(out, HEALTH), read_table(rates, HEALTH_RATES)


def samples(cell_id: str) -> pd.DataFrame:
    """Rounds by slots."""
    mine = finals()
    return mine[mine["cell_id"] == cell_id].pivot(index="round", columns="slot", values="us")


def test_every_reachable_row_stands_there_measured_or_not(tables):
    table, _ = tables
    assert table["file"].value_counts().to_dict() == {WHOLE: 18, HALF: 18}
    assert table.groupby("file")["cell_id"].count().to_dict() == {WHOLE: 18, HALF: 4}
    assert table.loc[table["cell_id"].isna(), ["over_default", "p_best", "proposed_id"]].isna().all(axis=None)  # fmt: skip # noqa: E501


def test_what_is_slower_than_the_default_and_what_is_behind_is_found_and_nothing_else(tables):
    table, _ = tables
    assert table.loc[table["worse_than_default"], ["file", "tokens"]].to_numpy().tolist() == [
        [WHOLE, 1]
    ]
    behind = table.loc[table["behind_3"], "tokens"].tolist()
    assert behind == [tokens for tokens in BATCH_LADDER
                      if TRUTH[tokens][0] > 1.03 * min(TRUTH[tokens])] == [1, 64]  # fmt: skip


def test_ratios_and_sign_tests_are_those_of_the_rounds(tables):
    table, _ = tables
    for row in table.dropna(subset="cell_id").itertuples():
        us = samples(row.cell_id).to_numpy()
        over_default, over_fast = us[:, 0] / us[:, 1], us[:, 0] / us[:, 2]
        assert row.over_default == pytest.approx(np.median(over_default), rel=1e-9)
        slower = int((over_default > 1.01).sum())
        p = sum(comb(ROUNDS, k) for k in range(slower, ROUNDS + 1)) / 2**ROUNDS
        assert row.p_default == pytest.approx(p)
        others = [int((us[:, 0] / us[:, other] > 1.03).sum()) for other in (1, 2, 3)]
        least = min(sum(comb(ROUNDS, k) for k in range(n, ROUNDS + 1)) / 2**ROUNDS for n in others)
        assert row.p_best == pytest.approx(min(1.0, 3 * least))
        assert row.twin == pytest.approx(np.median(us[:, 4] / us[:, 0]), rel=1e-9)
        if row.best_id == FAST:
            assert row.over_best == pytest.approx(np.median(over_fast), rel=1e-9)


def test_finals_that_may_have_ended_early_pay_for_each_look(tables, tmp_path):
    """At 20 rounds, 24, ... and 40: a p that counts one look is too small."""
    raced, _ = made(tmp_path, written(tmp_path / "op", "study --race --seconds 9"))
    plain, _ = tables
    for name in ("p_default", "p_best"):
        known = plain[name].dropna()
        assert raced[name].dropna().tolist() == pytest.approx(np.minimum(1, 6 * known).tolist())


def test_what_is_chosen_is_judged_by_other_rounds(tables):
    table, _ = tables
    for row in table.dropna(subset="cell_id").itertuples():
        us = samples(row.cell_id)
        first = us.index // 2 % 2 == 0
        other = (us[~first][2] / us[~first][0]).median()
        assert row.held_id == row.proposed_id
        if row.held_id == FAST:
            assert row.held_gain == pytest.approx(other, rel=1e-9)


def test_holm_is_over_the_measured_rows(tables):
    table, _ = tables
    known = table.dropna(subset="p_best")
    order = known.sort_values("p_best")
    expected = np.minimum(
        np.maximum.accumulate(order["p_best"].to_numpy() * np.arange(len(order), 0, -1)), 1
    )
    assert order["p_best_adjusted"].to_numpy() == pytest.approx(expected)


def test_rows_are_changed_only_where_another_config_is_faster_by_the_margin(tables):
    table, _ = tables
    changed = table[table["proposed_id"].notna() & (table["proposed_id"] != COMMITTED)]
    assert changed["tokens"].tolist() == [1, 64, 4096]
    assert (changed["gain_high"] < 1).all()
    assert (changed["gain"] < 0.99).all()
    assert changed["proposed_id"].tolist()[1:] == [FAST, FAST]
    assert table.groupby("file")["in_proposal"].all().to_dict() == {WHOLE: True, HALF: False}
    assert table.loc[table["held_id"] != table["committed_id"], "over_better"].max() <= 1.0


@pytest.mark.parametrize(
    ("ratio", "noise", "changed"),
    [
        (0.985, 0.015, True),  # faster for sure, and by more than the margin as likely as not
        (0.985, 0.060, False),  # perhaps not faster
        (0.994, 0.002, False),  # faster for sure, within the margin
        (0.950, 0.002, True),
    ],
)
def test_a_row_is_changed_by_what_is_faster_for_sure_and_beyond_the_margin_in_the_median(
    ratio, noise, changed
):
    cell, steps = CELLS_OF[WHOLE][0], np.linspace(-1, 1, 21) * noise
    rows = [
        {"cell_id": cell.id, "config_id": config, "run_id": "r", "slot": slot, "round": number,
         "us": 100.0 * (1.0 if config == COMMITTED else ratio * (1 + step))}
        for number, step in enumerate(steps)
        for slot, config in enumerate((COMMITTED, FAST))
    ]  # fmt: skip
    (rounds,) = read_rounds(pd.DataFrame(rows), 0.95)
    assert proposal(rounds, COMMITTED, 0.01) == (FAST if changed else COMMITTED)


@pytest.mark.parametrize(
    ("default", "fast", "proposed"),
    [
        (0.95, 0.948, "default"),  # faster than committed for sure, than default perhaps
        (0.95, 0.960, "default"),
        (0.95, 0.900, "fast"),
        (1.05, 0.950, "fast"),
        (0.995, 0.994, "committed"),  # within the margin
    ],
)
def test_what_beats_the_committed_row_is_held_against_the_default_too(default, fast, proposed):
    cell, noise = CELLS_OF[WHOLE][0], 0.01 * np.random.default_rng(5).standard_normal((24, 4))
    ids = [COMMITTED, default_config(cell.shape, cell.tokens).id, FAST, FAST]
    us = 100 * np.array([1.0, default, fast, fast]) * (1 + noise)
    rows = [
        {"cell_id": cell.id, "config_id": ids[slot], "run_id": "r", "slot": slot, "round": number,
         "us": us[number, slot]}
        for number in range(len(us))
        for slot in range(len(ids))
    ]  # fmt: skip
    (rounds,) = read_rounds(pd.DataFrame(rows), 0.95)
    named = dict(zip(("committed", "default", "fast"), ids, strict=False))
    assert proposal(rounds, COMMITTED, 0.01) == named[proposed]


def test_rates_are_shares_of_the_measured_rows_by_group(tables):
    table, rates = tables
    known = table.dropna(subset="cell_id")
    got = rates.set_index(["group", "value", "metric"])["mean"]
    assert got["all", "all", "behind_3"] == pytest.approx(2 / 22)
    assert got["all", "all", "proposed"] == pytest.approx(3 / 22)
    assert got["all", "all", "gain"] == pytest.approx(np.exp(np.log(known["held_gain"]).mean()))
    assert got["all", "all", "aa"] == pytest.approx(np.abs(known["twin"] - 1).mean())
    assert got["triton", "3.6.0", "behind_3"] == 0
    assert set(rates["device"]) == {DEVICE}
    assert table.groupby("file")["stale"].all().to_dict() == {WHOLE: True, HALF: False}


def test_a_recording_of_another_config_says_nothing_of_the_row(tmp_path):
    op = written(tmp_path / "op")
    path = tmp_path / "history.parquet"
    changed = pd.read_parquet(path)
    changed.loc[changed["batch"] == 64, "config_id"] = "M64-N64-K64-G1-W4-S3"
    from scripts.lib.schemas.history import HISTORY
    from scripts.lib.tables import write_table

    write_table(path, changed, HISTORY)
    table, _ = made(tmp_path, op)
    assert table.loc[table["tokens"] == 64, "cell_id"].isna().all()
    assert not table["in_proposal"].any()


def test_without_a_recording_both_tables_are_empty(tmp_path):
    written(tmp_path / "op")
    table, rates = made(tmp_path)
    assert table.empty
    assert rates.empty
