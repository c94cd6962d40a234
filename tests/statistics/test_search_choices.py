"""What S1-S8 chose: words by intervals, and a cause for every run behind the best."""

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.schemas.search import SEARCH_BEHIND, SEARCH_CHOICES, SEARCH_VERDICTS
from scripts.lib.tables import read_table, write_table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.search_choices import behind, main, verdicts
from tests.statistics.planted_states import replayed
from tests.statistics.test_searches import H100, LARGE, MI300X, OTHER, SMALL

PLAN = Plan(200, 0.95, 1)


def chosen(cell: str, source: str = H100, **more: object) -> dict[str, object]:
    row: dict[str, object] = {"cell_id": cell, "strategy": "S1-S8", "source": source}
    row |= {"trials": 128, "best_id": "M64-N64-K64-G1-W4-S2", "chosen_id": "M64-N64-K64-G1-W4-S2"}
    row |= {"regret": 1.0, "tied": False, "trial_best_tile": 1, "trial_tile_64": 1}
    return row | {"ratio": 1.0, "low": 1.0, "high": 1.0} | more


def choices(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=SEARCH_CHOICES.names)


def test_a_win_has_its_whole_interval_beyond_the_margin() -> None:
    found = verdicts(
        choices(
            chosen(SMALL, low=0.90, high=0.98, ratio=0.94),
            chosen(LARGE, low=0.95, high=1.00, ratio=0.97),
            chosen(OTHER, low=1.02, high=1.04, ratio=1.03),
            chosen(OTHER, MI300X, ratio=None, low=None, high=None),
        ),
        0.01,
        PLAN,
    )
    rates = found[found["group"] == "all"].set_index("metric")
    assert rates["n"].tolist() == [3] * 4
    assert rates["mean"].to_dict() == pytest.approx(
        {"win": 1 / 3, "tie": 1 / 3, "loss": 1 / 3, "within_2": 2 / 3}
    )
    assert set(found["group"]) == {"all", "scheme", "regime", "source"}


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ({"tied": True, "trials": 3, "trial_best_tile": None}, "noise"),
        ({"trials": 3, "trial_best_tile": None}, "stopped_early"),
        ({"trial_best_tile": None}, "tile_not_tried"),
        ({}, "budget"),
    ],
)
def test_the_nearest_cause_is_the_first_that_holds(more: dict[str, object], cause: str) -> None:
    found = behind(choices(chosen(SMALL, regret=1.02, **more)), 0.01)
    assert found["cause"].tolist() == [cause]


def test_only_runs_beyond_the_margin_are_behind_the_furthest_first() -> None:
    rows = choices(
        chosen(SMALL, regret=1.005), chosen(LARGE, regret=1.02), chosen(OTHER, regret=1.3)
    )
    assert behind(rows, 0.01)["cell_id"].tolist() == [OTHER, LARGE]
    nothing = choices(chosen(SMALL, regret=None, chosen_id=None))
    assert behind(nothing, 0.01)["cause"].tolist() == ["budget"]


def test_the_command_writes_both_tables(tmp_path: Path) -> None:
    write_table(tmp_path / "choices.parquet", choices(chosen(SMALL, regret=1.2)), SEARCH_CHOICES)
    words = ["--choices", str(tmp_path / "choices.parquet"), "--margin", "0.01"]
    words += ["--resamples", "50", "--level", "0.95", "--seed", "1"]
    words += replayed(tmp_path, [SMALL])
    words += ["--out-verdicts", str(tmp_path / "v.parquet")]
    assert main([*words, "--out-behind", str(tmp_path / "b.parquet")]) == 0
    assert not read_table(tmp_path / "v.parquet", SEARCH_VERDICTS).empty
    assert len(read_table(tmp_path / "b.parquet", SEARCH_BEHIND)) == 1
