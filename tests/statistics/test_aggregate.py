"""Rates per pair, strategy and budget: recomputed by other means, nothing dropped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.schemas.statistics import RATES, VERDICTS
from scripts.lib.tables import write_table
from scripts.statistics.aggregate import RATE_METRICS, aggregate, main
from tests.statistics.conftest import PLAN, Judged
from tests.statistics.study import BUDGETS, SOURCES, Study


def one(rates: pd.DataFrame, source: str, strategy: str, budget: int, metric: str) -> pd.Series:
    chosen = rates[
        (rates["source"] == source)
        & (rates["strategy"] == strategy)
        & (rates["K"] == budget)
        & (rates["metric"] == metric)
    ]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_every_cell_counts_in_every_rate(drawn: Study, judged: Judged) -> None:
    strategies = set(judged.verdicts["strategy"])
    assert set(judged.rates["source"]) == set(SOURCES)
    expected = len(SOURCES) * len(strategies) * len(BUDGETS) * (len(RATE_METRICS) + 1)
    assert len(judged.rates) == expected
    assert (judged.rates["cells"] == len(drawn.cells)).all()
    of_rates = judged.rates[judged.rates["metric"].isin(RATE_METRICS)]
    assert (of_rates["n"] == len(drawn.cells)).all()


def test_win_tie_and_loss_add_up(judged: Judged) -> None:
    words = judged.rates[judged.rates["metric"].isin(["win", "tie", "loss"])]
    total = words.groupby(["source", "strategy", "K"])["mean"].sum()
    assert np.allclose(total, 1.0)


def test_means_agree_with_plain_loops(judged: Judged) -> None:
    for strategy, source in [("S1", SOURCES[0]), ("S2", SOURCES[1]), ("random", None)]:
        for budget in (1, 8, 128):
            wins: dict[str, list[float]] = {}
            regrets: dict[str, list[float]] = {}
            for row in judged.verdicts.itertuples():
                mine = row.source == source if source else pd.isna(row.source)
                if row.strategy == strategy and budget == row.K and mine:
                    wins.setdefault(row.cell_id, []).append(row.verdict == "win")
                    regrets.setdefault(row.cell_id, []).append(np.log(row.regret))
            pair = source or SOURCES[0]
            mean = np.mean([np.mean(v) for v in wins.values()])
            assert one(judged.rates, pair, strategy, budget, "win")["mean"] == pytest.approx(mean)
            means = [np.nanmean(v) for v in regrets.values() if not np.isnan(v).all()]
            found = one(judged.rates, pair, strategy, budget, "regret")
            assert found["mean"] == pytest.approx(np.exp(np.mean(means)), rel=1e-9)
            assert found["n"] == len(means)


def test_intervals_agree_with_plain_resampling(judged: Judged) -> None:
    found = one(judged.rates, SOURCES[0], "S2", 4, "within_2")
    rows = judged.verdicts.query(f"strategy == 'S2' and source == '{SOURCES[0]}' and K == 4")
    hits = rows.set_index("cell_id")["within_2"].astype(float)
    by_shape = [group.to_numpy() for _, group in hits.groupby(lambda cell: cell.split("/")[1])]
    rng = np.random.default_rng(12)
    plain = [rng.choice(hits.to_numpy(), len(hits)).mean() for _ in range(4000)]
    files = [
        np.concatenate(
            [by_shape[i] for i in rng.integers(len(by_shape), size=len(by_shape))]
        ).mean()
        for _ in range(4000)
    ]
    expected = {
        "rows": np.quantile(plain, [0.025, 0.975]),
        "clusters": np.quantile(files, [0.025, 0.975]),
    }
    for kind, (low, high) in expected.items():
        assert found[f"{kind}_low"] == pytest.approx(low, abs=0.07)
        assert found[f"{kind}_high"] == pytest.approx(high, abs=0.07)
    assert found["clusters"] == len(by_shape)


def test_regret_of_the_exhaustive_search_is_least_and_falls_with_the_budget(judged: Judged) -> None:
    regret = judged.rates[judged.rates["metric"] == "regret"]
    assert (regret["mean"] >= 1.0).all()
    for (_, strategy), rows in regret.groupby(["source", "strategy"]):
        means = rows.sort_values("K")["mean"].to_numpy()
        assert (np.diff(means) <= 0.003).all(), strategy
    full = regret[regret["strategy"] == "exhaustive"]["mean"].max()
    assert full <= regret["mean"].min() + 0.003


def test_a_cell_without_a_choice_is_a_loss_and_leaves_only_the_regret(judged: Judged) -> None:
    verdicts = judged.verdicts.copy()
    mine = (verdicts["strategy"] == "S1") & (verdicts["source"] == SOURCES[0])
    cell = verdicts.loc[mine, "cell_id"].iloc[0]
    gone = mine & (verdicts["cell_id"] == cell)
    verdicts.loc[gone, ["choice", "ratio", "low", "high", "regret"]] = None
    verdicts.loc[gone, "verdict"] = "loss"
    rates = aggregate(verdicts, PLAN)
    cells = verdicts["cell_id"].nunique()
    assert one(rates, SOURCES[0], "S1", 1, "loss")["n"] == cells
    assert one(rates, SOURCES[0], "S1", 1, "regret")["n"] == cells - 1
    assert one(rates, SOURCES[0], "S1", 1, "regret")["cells"] == cells


def test_a_pair_does_not_move_when_another_is_added(judged: Judged) -> None:
    verdicts = judged.verdicts
    alone = aggregate(
        verdicts[verdicts["source"].isna() | (verdicts["source"] == SOURCES[0])], PLAN
    )
    both = judged.rates[judged.rates["source"] == SOURCES[0]].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, both)


def test_baselines_cover_the_cells_of_their_pair_only(judged: Judged) -> None:
    verdicts = judged.verdicts
    few = set(sorted(verdicts["cell_id"].unique())[:3])
    fewer = verdicts[(verdicts["source"] != SOURCES[1]) | verdicts["cell_id"].isin(few)]
    rates = aggregate(fewer, PLAN)
    assert (rates[rates["source"] == SOURCES[1]]["cells"] == 3).all()


def test_main_is_deterministic_whatever_the_order_of_rows(judged: Judged, tmp_path: Path) -> None:
    bodies = []
    for order in (judged.verdicts, judged.verdicts.sample(frac=1, random_state=2)):
        write_table(tmp_path / "v.parquet", order, VERDICTS)
        arguments = ["--verdicts", str(tmp_path / "v.parquet"), "--resamples", "500"]
        assert main([*arguments, "--out", str(tmp_path / "r.parquet")]) == 0
        bodies.append((tmp_path / "r.parquet").read_bytes())
    assert bodies[0] == bodies[1]
    assert RATES.name.encode() in bodies[0]
