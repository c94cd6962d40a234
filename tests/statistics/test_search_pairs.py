"""S1-S8 against others, on the cells that both have."""

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.schemas.search import BUDGETS, SEARCH_PAIRS, SEARCHES
from scripts.lib.tables import read_table, write_table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.search_pairs import compare, main
from scripts.statistics.searches import EVERY
from tests.statistics.test_searches import LARGE, OTHER, SMALL, run

PLAN = Plan(200, 0.95, 1)


def runs(
    strategy: str, regrets: dict[str, float | None], seconds: float
) -> list[dict[str, object]]:
    return [
        run(cell, regret, 1) | {"strategy": strategy, "gpu_seconds": seconds}
        for cell, regret in regrets.items()
    ]


def searches() -> pd.DataFrame:
    rows = runs(EVERY, {SMALL: 1.0, LARGE: 1.1, OTHER: 1.0}, 2.0)
    rows += runs("slow", {SMALL: 1.21, LARGE: 1.1, OTHER: 1.0}, 3.0)
    rows += runs("fast", {SMALL: 1.0, LARGE: 1.0, OTHER: None}, 1.0)
    return pd.DataFrame(rows, columns=SEARCHES.names)


def test_ratio_and_who_is_ahead_on_cells_of_both() -> None:
    found = compare(searches(), PLAN).set_index(["other", "K"])
    slow, fast = found.loc["slow", 16], found.loc["fast", 16]
    assert (slow["n"], slow["ahead"], slow["behind"]) == (3, 1, 0)
    assert slow["ratio"] == pytest.approx(1.21 ** (1 / 3))
    assert slow["low"] <= slow["ratio"] <= slow["high"]
    assert (fast["n"], fast["ahead"], fast["behind"]) == (2, 0, 1)
    assert fast["ratio"] == pytest.approx(1.1 ** (-1 / 2))
    assert (slow["seconds_ratio"], fast["seconds_ratio"]) == (1.5, 0.5)


def test_the_command_writes_every_other_search_at_every_budget(tmp_path: Path) -> None:
    write_table(tmp_path / "searches.parquet", searches(), SEARCHES)
    words = ["--searches", str(tmp_path / "searches.parquet"), "--resamples", "50"]
    words += ["--level", "0.95", "--seed", "1", "--out", str(tmp_path / "pairs.parquet")]
    assert main(words) == 0
    pairs = read_table(tmp_path / "pairs.parquet", SEARCH_PAIRS)
    assert set(zip(pairs["other"], pairs["K"], strict=True)) == {
        (other, k) for other in ("slow", "fast") for k in BUDGETS
    }
    first = (tmp_path / "pairs.parquet").read_bytes()
    assert main(words) == 0
    assert (tmp_path / "pairs.parquet").read_bytes() == first
