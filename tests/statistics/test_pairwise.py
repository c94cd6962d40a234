"""Paired ratios, tie-sets and A/A pairs of the finalists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.measured import FINALS
from scripts.lib.schemas.statistics import AA, PAIRWISE
from scripts.lib.tables import read_table, write_table
from scripts.statistics.pairwise import compare_finalists, main
from tests.statistics.study import Study

CELL = "NVIDIA_H200/E8-N16-K32-top2-bf16/M1"


def samples(rounds: int, **slots: tuple[str, float]) -> pd.DataFrame:
    """Rounds with a common drift of 30% and exact ratios between the slots."""
    return pd.DataFrame(
        [
            {
                "cell_id": CELL,
                "config_id": config,
                "run_id": "r",
                "slot": int(slot[1:]),
                "round": number,
                "us": us * (1 + 0.3 * number / rounds),
            }
            for number in range(rounds)
            for slot, (config, us) in slots.items()
        ]
    )


def one_cell(committed: str | None) -> pd.DataFrame:
    return pd.DataFrame({"cell_id": [CELL], "committed_id": [committed]})


def test_drift_common_to_a_round_leaves_the_ratio_exact() -> None:
    finals = samples(9, s0=("A", 100.0), s1=("B", 90.0), s2=("C", 90.5))
    pairs, twins = compare_finalists(finals, one_cell("A"), 0.01, 0.95)
    row = pairs.set_index("config_id").loc["B"]
    assert row["committed_ratio"] == pytest.approx(0.9)
    assert (row["committed_low"], row["committed_high"]) == pytest.approx((0.9, 0.9))
    assert list(pairs["best"]) == [False, True, False]
    assert list(pairs["tie"]) == [False, True, True]  # 0.56% behind lies within the margin
    assert twins.empty


def test_second_slot_of_a_config_is_a_twin_judged_like_any_other() -> None:
    finals = samples(9, s0=("A", 100.0), s1=("B", 90.0), s2=("A", 95.0), s3=("B", 90.2))
    _, twins = compare_finalists(finals, one_cell("A"), 0.01, 0.95)
    found = [(r.config_id, r.slot_a, r.slot_b, r.verdict) for r in twins.itertuples()]
    assert found == [("A", 0, 2, "win"), ("B", 1, 3, "tie")]


def test_without_a_committed_config_only_the_best_is_compared() -> None:
    pairs, _ = compare_finalists(
        samples(9, s0=("A", 100.0), s1=("B", 90.0)), one_cell(None), 0.01, 0.95
    )
    assert pairs["committed_ratio"].isna().all()
    assert pairs.set_index("config_id").loc["A", "best_ratio"] == pytest.approx(100 / 90)


def test_too_few_rounds_tell_nothing() -> None:
    pairs, twins = compare_finalists(
        samples(3, s0=("A", 100.0), s1=("B", 50.0), s2=("A", 50.0)), one_cell("A"), 0.01, 0.95
    )
    assert pairs.loc[1:, "committed_low"].isna().all()
    assert pairs["tie"].all()
    assert list(twins["verdict"]) == ["tie"]


def test_a_slot_that_shares_no_round_is_never_the_best() -> None:
    finals = pd.concat(
        [samples(8, s0=("A", 100.0)), samples(8, s1=("B", 1.0)).assign(run_id="other")]
    )
    pairs, _ = compare_finalists(finals, one_cell("A"), 0.01, 0.95)
    assert list(pairs["best"]) == [True, False]


@pytest.mark.parametrize("fault", ["slot_twice", "two_configs", "unknown_cell"])
def test_inconsistent_finals_are_refused(fault: str) -> None:
    finals = samples(8, s0=("A", 100.0), s1=("B", 90.0))
    cells = one_cell("A")
    if fault == "slot_twice":
        finals = pd.concat([finals, finals.head(1)])
    elif fault == "two_configs":
        finals.loc[0, "config_id"] = "C"
    else:
        cells = cells.assign(cell_id="elsewhere")
    with pytest.raises(InputError, match=CELL):
        compare_finalists(finals, cells, 0.01, 0.95)


def test_twins_of_noise_alone_are_seldom_called_different(drawn: Study) -> None:
    _, twins = compare_finalists(drawn.finals, drawn.cells, 0.01, 0.95)
    assert len(twins) >= len(drawn.cells)
    assert (twins["verdict"] == "tie").mean() > 0.95
    assert np.log(twins["ratio"]).abs().max() < 0.02


def test_main_writes_both_tables_the_same_each_time(drawn: Study, tmp_path: Path) -> None:
    paths = drawn.write(tmp_path)
    arguments = [
        *("--finals", str(paths["finals"]), "--cells", str(paths["cells"])),
        *("--out", str(tmp_path / "p.parquet"), "--out-aa", str(tmp_path / "a.parquet")),
    ]
    assert main(arguments) == 0
    first = (tmp_path / "p.parquet").read_bytes(), (tmp_path / "a.parquet").read_bytes()
    write_table(paths["finals"], drawn.finals.sample(frac=1, random_state=1), FINALS)
    assert main(arguments) == 0
    assert first == ((tmp_path / "p.parquet").read_bytes(), (tmp_path / "a.parquet").read_bytes())
    assert len(read_table(tmp_path / "p.parquet", PAIRWISE)) == len(drawn.finals) / 21
    assert len(read_table(tmp_path / "a.parquet", AA)) >= len(drawn.cells)
