"""Layers tuned with one command: planted trials give the regret, a planted record the rest."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.live import TUNED, TUNED_COST
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.schemas.recorded import RECORDED
from scripts.lib.tables import read_table, write_table
from scripts.statistics.tuned import batches, cost, main, regrets, tables
from tests.transfer.study import filled

LAYER = "NVIDIA_H200/E8-N3584-K4096-top2-bf16"
M1, M2, M4, M8 = (f"{LAYER}/M{tokens}" for tokens in (1, 2, 4, 8))
A, B, C, D = (f"M16-N64-K64-G1-W4-S{stages}" for stages in (2, 3, 4, 5))
Rows = list[dict[str, Any]]


def trial(
    dataset: str, cell: str, config: str, us: float, anchor: float | None = None,
    outcome: Outcome = Outcome.CORRECT,
) -> dict[str, Any]:  # fmt: skip
    row = {"dataset": dataset, "cell_id": cell, "config_id": config, "outcome": str(outcome)}
    return row | {"median_us": us, "anchor_us": anchor}


def held(dataset: str, cell: str, complete: bool) -> dict[str, Any]:
    return {"dataset": dataset, "cell_id": cell, "complete": complete}


def regret_of(trials: Rows, recorded: Rows) -> dict[tuple[str, str], float]:
    return regrets(pd.DataFrame(trials), filled(RECORDED, recorded))


def batch(tokens: int, config: str, found: str, **more: Any) -> dict[str, Any]:
    both = {"committed": {"config_id": D, "median": 0.9, "low": 0.8, "high": 0.95, "word": "win"}}
    both["default"] = both["committed"] | {"median": 0.995, "word": "tie"}
    row = {"cell_id": f"{LAYER}/M{tokens}", "tokens": tokens, "config_id": config, "kept": None}
    row |= {"found_id": found, "median_us": 50.0, "ties": {config: {}, D: {}}, "trials": 9}
    return row | {"ended": "margin", "gained": both, "rounds": 40} | more


def record(*rows: dict[str, Any]) -> dict[str, Any]:
    about = {"model": "Mixtral-8x7B", "tensor_parallel": 4, "shape": LAYER.split("/")[1]}
    about |= {"device": "NVIDIA_H200", "unseen": True, "budget": 128, "trials": 27}
    seconds = {"total": 41.5, "learn": 12.5, "measure": 16.5, "read": 4.5}
    about |= {"sources": ["NVIDIA_L40S", "AMD_Instinct_MI300X"], "seconds": seconds}
    return about | {"trial_seconds": 4.75, "batches": list(rows), "version": 2}


# M1 and M2 are recorded whole; A was chosen, B found.
RECORD = record(batch(1, A, B), batch(2, B, B), batch(4, A, A))
REGRET = {(M1, A): 1.0, (M1, B): 1.21, (M2, B): 1.44}


def test_the_regret_is_over_the_fastest_at_the_usual_clock() -> None:
    trials = [
        trial("one", M1, A, 10.0, 100.0),
        trial("one", M1, B, 11.0, 110.0),
        trial("one", M1, C, 12.0, 100.0),
    ]
    found = regret_of(trials, [held("one", M1, True)])
    assert found == pytest.approx({(M1, A): 1.0, (M1, B): 1.0, (M1, C): 1.2})


def test_a_trial_that_failed_is_neither_the_fastest_nor_known() -> None:
    trials = [
        trial("one", M1, A, 10.0),
        trial("one", M1, B, 11.0),
        trial("one", M1, C, 1.0, outcome=Outcome.MISMATCH),
    ]
    found = regret_of(trials, [held("one", M1, True)])
    assert found == pytest.approx({(M1, A): 1.0, (M1, B): 1.1})


def test_only_the_first_dataset_that_holds_a_cell_whole_counts() -> None:
    trials = [
        trial("one", M1, A, 10.0), trial("one", M1, B, 12.0),
        trial("two", M1, A, 5.0), trial("two", M1, B, 5.5),
        trial("one", M2, A, 1.0), trial("one", M2, B, 9.0),
        trial("two", M2, A, 10.0), trial("two", M2, B, 13.0),
        trial("one", M4, A, 10.0),
    ]  # fmt: skip
    recorded = [
        held("one", M1, True), held("one", M2, False), held("one", M4, False),
        held("two", M1, True), held("two", M2, True),
    ]  # fmt: skip
    assert regret_of(trials, recorded) == pytest.approx(
        {(M1, A): 1.0, (M1, B): 1.2, (M2, A): 1.0, (M2, B): 1.3}
    )


def test_each_batch_has_its_choice_gains_and_regret() -> None:
    first, second, third = batches("run", RECORD, REGRET)
    assert first == {
        "run": "run", "cell_id": M1, "tokens": 1, "config_id": A, "kept": None, "found_id": B,
        "median_us": 50.0, "ties": 2, "trials": 9, "ended": "margin",
        "over_committed": 0.9, "committed_word": "win",
        "over_default": 0.995, "default_word": "tie", "regret": 1.0, "regret_found": 1.21,
    }  # fmt: skip
    assert set(first) == set(TUNED.names)
    assert (second["regret"], second["regret_found"]) == (1.44, 1.44)
    assert (third["regret"], third["regret_found"]) == (None, None)


@pytest.mark.parametrize("gained", [{}, {"committed": {"config_id": D, "error": "not tried"}}])
def test_a_reference_that_did_not_run_leaves_its_columns_empty(gained: dict[str, Any]) -> None:
    (row,) = batches("run", record(batch(1, A, A, gained=gained)), REGRET)
    assert (row["over_committed"], row["committed_word"]) == (None, None)
    assert (row["over_default"], row["default_word"]) == (None, None)


def test_the_cost_of_a_layer_with_the_mean_regret_of_cells_held_whole() -> None:
    row = cost("run", RECORD, list(batches("run", RECORD, REGRET)))
    assert row == {
        "run": "run", "model": "Mixtral-8x7B", "tensor_parallel": 4,
        "shape": "E8-N3584-K4096-top2-bf16", "device": "NVIDIA_H200", "unseen": True,
        "budget": 128, "sources": 2, "batches": 3, "trials": 27, "seconds": 41.5,
        "learn_seconds": 12.5, "measure_seconds": 16.5, "trial_seconds": 4.75, "recorded": 2,
        "regret": pytest.approx(1.2), "regret_found": pytest.approx(1.1 * 1.2),
    }  # fmt: skip


def test_a_layer_of_which_nothing_is_recorded_has_no_regret() -> None:
    row = cost("run", RECORD, list(batches("run", RECORD, {})))
    assert (row["recorded"], row["regret"], row["regret_found"]) == (0, None, None)


def write(folder: Path, value: object, run: str = "mixtral") -> Path:
    path = folder / run / "tuned.json"
    path.parent.mkdir()
    path.write_text(json.dumps(value))
    return path


def test_each_record_is_named_by_its_folder(tmp_path: Path) -> None:
    paths = [write(tmp_path, RECORD, "b"), write(tmp_path, record(batch(8, C, C)), "a")]
    found, costs = tables(paths, REGRET)
    assert found["run"].tolist() == ["b", "b", "b", "a"]
    assert found["cell_id"].tolist() == [M1, M2, M4, M8]
    assert costs["run"].tolist() == ["b", "a"]
    assert costs["batches"].tolist() == [3, 1]


@pytest.mark.parametrize(
    "field",
    [
        "model", "tensor_parallel", "shape", "device", "unseen", "budget", "trials", "sources",
        "seconds", "trial_seconds", "batches", "seconds/total", "seconds/learn", "seconds/measure",
        "batches/1/cell_id", "batches/1/config_id", "batches/1/found_id", "batches/1/ties",
        "batches/1/gained", "batches/1/tokens", "batches/1/median_us", "batches/1/trials",
        "batches/1/ended", "batches/1/kept",
    ],
)  # fmt: skip
def test_a_field_that_a_record_lacks_is_named(tmp_path: Path, field: str) -> None:
    less: Any = deepcopy(RECORD)
    *way, name = field.split("/")
    part = less
    for step in way:
        part = part[int(step) if step.isdigit() else step]
    del part[name]
    path = write(tmp_path, less)
    with pytest.raises(InputError, match=f"{path}: lacks '{name}'"):
        tables([path], REGRET)


def test_what_is_no_record_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, ["batches"])
    with pytest.raises(InputError, match=str(path)):
        tables([path], REGRET)


def arguments(folder: Path, tuned: Path) -> list[str]:
    trials = folder / "one/trials.parquet"
    rows = [trial("", M1, A, 10.0), trial("", M1, B, 12.1), trial("", M4, A, 3.0)]
    for row in rows:
        del row["dataset"]
    write_table(trials, filled(TRIALS, rows), TRIALS)
    recorded = folder / "recorded.parquet"
    write_table(
        recorded, filled(RECORDED, [held("one", M1, True), held("one", M4, False)]), RECORDED
    )
    words = ["--tuned", str(tuned), "--trials", str(trials), "--recorded", str(recorded)]
    words += ["--out", str(folder / "tuned.parquet")]
    return [*words, "--out-cost", str(folder / "cost.parquet")]


def test_main_writes_both_tables(tmp_path: Path) -> None:
    assert main(arguments(tmp_path, write(tmp_path, RECORD))) == 0
    found = read_table(tmp_path / "tuned.parquet", TUNED)
    assert found["regret"].tolist() == pytest.approx([1.0, np.nan, np.nan], nan_ok=True)
    assert found["regret_found"].tolist() == pytest.approx([1.21, np.nan, np.nan], nan_ok=True)
    costs = read_table(tmp_path / "cost.parquet", TUNED_COST)
    assert costs["recorded"].tolist() == [1]
    assert costs["regret_found"].tolist() == pytest.approx([1.21])


def test_a_layer_tuned_by_its_shape_has_no_model(tmp_path: Path) -> None:
    by_shape = RECORD | {"model": None, "tensor_parallel": None}
    assert main(arguments(tmp_path, write(tmp_path, by_shape))) == 0
    costs = read_table(tmp_path / "cost.parquet", TUNED_COST)
    assert costs[["model", "tensor_parallel"]].isna().all(axis=None)


def test_a_record_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = tmp_path / "absent/tuned.json"
    assert main(arguments(tmp_path, absent)) == 2
    assert f"error: {absent}: not found" in capsys.readouterr().err
    assert not (tmp_path / "tuned.parquet").exists()
