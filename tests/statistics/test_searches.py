"""Readings over searches: every cell once, failures counted, the infinite never averaged."""

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.schemas.search import BUDGETS, SEARCH_COSTS, SEARCH_RATES, SEARCHES
from scripts.lib.tables import read_table, write_table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.searches import main, read_off

PLAN = Plan(200, 0.95, 1)
SMALL = "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M1"
LARGE = "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M1024"
OTHER = "NVIDIA_H200/E128-N768-K2048-top8-fp8_w8a8/M64"
H100, MI300X = "NVIDIA_H100_80GB_HBM3", "AMD_Instinct_MI300X"


def run(
    cell: str, regret: float | None, trials: int | None, source: str | None = None, seed: int = 0
) -> dict[str, object]:
    """A run that holds one regret from its first trial on and arrives at ``trials``."""
    row: dict[str, object] = {"cell_id": cell, "strategy": "S1-S8", "source": source, "seed": seed}
    row |= {"trials": 128, "gpu_seconds": 2.0, "score": 0.5, "trials_to_2pct": trials}
    row["gpu_seconds_to_2pct"] = None if trials is None else trials / 10
    row |= {f"regret_{k}": regret for k in BUDGETS}
    row |= {f"tied_{k}": regret == 1.0 for k in BUDGETS}
    return row | {f"seconds_{k}": k / 10 for k in BUDGETS}


def read(*runs: dict[str, object]) -> tuple[pd.DataFrame, pd.DataFrame]:
    return read_off(pd.DataFrame(runs, columns=SEARCHES.names), PLAN)


def of(frame: pd.DataFrame, group: str = "all", value: str = "") -> dict[str, object]:
    rows = frame[(frame["group"] == group) & (frame["value"] == value)]
    return {str(name): found for name, found in rows.iloc[0].items()}


def test_a_cell_counts_once_whatever_its_runs() -> None:
    many = [run(SMALL, 1.21, 4, seed=seed) for seed in range(9)]
    found = of(read(*many, run(LARGE, 1.0, 1))[0])
    assert found["n"] == 2
    assert found["regret"] == pytest.approx(1.1)
    assert (found["within_10"], found["tied"]) == (0.5, 0.5)


def test_runs_of_a_cell_are_averaged_as_logarithms() -> None:
    found = of(read(run(SMALL, 1.0, 1, H100), run(SMALL, 1.44, 1, MI300X))[0])
    assert found["regret"] == pytest.approx(1.2)


def test_classes_are_read_off_by_themselves() -> None:
    rates, costs = read(
        run(SMALL, 1.0, 1, H100), run(LARGE, 1.1, 2, MI300X), run(OTHER, 1.2, 3, MI300X)
    )
    expected = {
        ("E", "8"): 2, ("E", "128"): 1, ("scheme", "bf16"): 2, ("regime", "M up to 32"): 1,
        ("regime", "M 48 to 256"): 1, ("regime", "M from 512"): 1, ("vendor", "amd"): 2,
        ("vendor", "nvidia"): 1, ("source", MI300X): 2,
    }  # fmt: skip
    for (group, value), n in expected.items():
        assert of(rates, group, value)["n"] == of(costs, group, value)["n"] == n
    assert of(rates, "vendor", "nvidia")["regret"] == 1.0


def test_a_run_without_a_correct_trial_is_counted_and_not_averaged() -> None:
    rates, costs = read(run(SMALL, None, None), run(LARGE, 1.1, 2))
    assert of(rates)["found"] == 0.5
    assert of(rates)["regret"] == pytest.approx(1.1)
    assert of(rates)["within_10"] == 0.5
    assert of(costs)["arrived"] == 0.5


def test_quantiles_over_cells_are_trials_that_were_needed_or_empty() -> None:
    cells = [f"NVIDIA_H200/E8-N3584-K4096-top2-bf16/M{m}" for m in (1, 2, 4, 8, 16)]
    runs = [run(cell, 1.0, trials) for cell, trials in zip(cells, (1, 1, 3, 4, 9), strict=True)]
    found = of(read(*runs)[1])
    assert (found["trials_median"], found["trials_p95"]) == (3, 9)
    assert found["gpu_seconds_median"] == pytest.approx(0.3)
    never = of(read(*runs[:-1], run(cells[-1], 1.3, None))[1])
    assert never["trials_median"] == 3
    assert pd.isna(never["trials_p95"])


def test_the_interval_holds_the_mean_and_is_repeatable() -> None:
    runs = [run(cell, regret, 1) for cell, regret in ((SMALL, 1.0), (LARGE, 1.1), (OTHER, 1.3))]
    found = of(read(*runs)[0])
    assert 1.0 <= float(str(found["regret_low"])) < float(str(found["regret"]))
    assert float(str(found["regret"])) < float(str(found["regret_high"])) <= 1.3
    pd.testing.assert_frame_equal(read(*runs)[0], read(*runs)[0])


def test_the_command_writes_both_tables(tmp_path: Path) -> None:
    runs = pd.DataFrame([run(SMALL, 1.0, 1), run(OTHER, 1.1, 2)], columns=SEARCHES.names)
    write_table(tmp_path / "searches.parquet", runs, SEARCHES)
    words = ["--searches", str(tmp_path / "searches.parquet"), "--resamples", "50"]
    words += ["--level", "0.95", "--seed", "1", "--out-rates", str(tmp_path / "rates.parquet")]
    assert main([*words, "--out-costs", str(tmp_path / "costs.parquet")]) == 0
    rates = read_table(tmp_path / "rates.parquet", SEARCH_RATES)
    assert sorted(rates.loc[rates["group"] == "all", "K"]) == list(BUDGETS)
    assert not read_table(tmp_path / "costs.parquet", SEARCH_COSTS).empty


def test_a_level_that_gives_no_interval_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = pd.DataFrame([run(SMALL, 1.0, 1)], columns=SEARCHES.names)
    write_table(tmp_path / "searches.parquet", runs, SEARCHES)
    words = ["--searches", str(tmp_path / "searches.parquet"), "--resamples", "50", "--level", "1"]
    words += ["--seed", "1", "--out-rates", str(tmp_path / "rates.parquet")]
    assert main([*words, "--out-costs", str(tmp_path / "costs.parquet")]) == 2
    assert "level is 1.0" in capsys.readouterr().err
