"""A cold study's ledger: choices against the committed config and the default, first trials."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.chain import Chain
from scripts.lib.schemas.cold_live import FOUND
from scripts.lib.schemas.live import LIVE
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table
from scripts.transfer.strategies.default_heuristic import default_of
from scripts.tune.cold import found, found_rows, main
from scripts.tune.live import live_rows
from scripts.tune.sources import DEFAULT
from tests.tune.conftest import DATA
from tests.tune.test_live import CELL, COMMITTED, A, B, attempt, cell, history, search

__all__ = ["history"]  # a fixture
STANDARD = default_of(parse_cell(CELL))
assert STANDARD is not None
BODIES = [
    attempt(A, 11.0), attempt(B, 8.0), attempt(COMMITTED, 10.0), attempt(STANDARD.id, 16.0),
    search(A, B), search("M16-N32-K64-G1-W4-S2", A, source="none"),
    {"kind": "finals", "cell_id": CELL, "slots": [COMMITTED, STANDARD.id, A, B],
     "us": [[10.0, 16.0, 11.0, 8.0]] * 24},
    cell(),
]  # fmt: skip


def test_choices_are_held_against_the_default_in_the_same_rounds(history) -> None:
    committed, default = (
        {row["source"]: row for row in live_rows(BODIES, history, 0.01, against)}
        for against in ("committed", DEFAULT)
    )
    assert committed[""]["committed_id"] == COMMITTED
    assert default[""]["committed_id"] == STANDARD.id
    assert committed[""]["final_ratio"] == pytest.approx(0.8)
    assert default[""]["final_ratio"] == pytest.approx(0.5)
    assert (committed["none"]["final_decision"], default["none"]["final_decision"]) == (
        "loss",
        "win",
    )
    assert [default[""][name] for name in ("trials", "final_id")] == [2, B]


def test_first_trials_stand_beside_the_fastest_that_was_found() -> None:
    both = {row["source"]: row for row in found_rows(BODIES, {(CELL, ""): B})}
    assert set(both[""]) == set(FOUND.names)
    assert [both[""][name] for name in ("first_id", "us_1", "us_2", "us_8")] == [A, 11.0, 8.0, 8.0]
    assert (both[""]["chosen_us"], both[""]["best_us"]) == (8.0, 8.0)
    # The first was never measured, and nothing was chosen: there is nothing to be said of it.
    assert [both["none"][name] for name in ("us_1", "us_2", "chosen_us")] == [None, 11.0, None]


def test_the_command_writes_three_tables(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "ledger.jsonl")
    chain.extend(BODIES)
    chain.close()
    outs = {name: tmp_path / f"{name}.parquet" for name in ("live", "default", "found")}
    options = [word for name, path in outs.items() for word in (f"--out-{name}", str(path))]
    options += ["--history", str(DATA / "history.parquet")]
    assert main(["--ledger", str(tmp_path / "ledger.jsonl"), *options]) == 0
    live = read_table(outs["live"], LIVE)
    assert read_table(outs["default"], LIVE)["final_decision"].tolist() == ["win", "win"]
    read = read_table(outs["found"], FOUND)
    assert read["chosen_us"].tolist() == [8.0, 11.0]
    pd.testing.assert_frame_equal(read, found([tmp_path / "ledger.jsonl"], live)[FOUND.names])
    # Before anything is recorded so, the tables are there and empty.
    assert main(["--ledger", *options]) == 0
    assert all(len(pd.read_parquet(path)) == 0 for path in outs.values())
