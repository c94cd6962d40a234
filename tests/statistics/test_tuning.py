"""Runs of the tuning command and what restarts choose: read from a record, recomputed by hand."""

from __future__ import annotations

import json
import lzma
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.restarts import LIVE, RECORDED, SAME
from scripts.lib.schemas.tuning import CHOICES, HIDDEN, KNOWN, MEASURING, OPERATOR, STEPS, TUNING
from scripts.lib.tables import read_table
from scripts.report.sections.tuning import by_kind
from scripts.statistics.bootstrap import Plan
from scripts.statistics.same_choice import alike, same_choice
from scripts.statistics.tuning import main, tables

SHAPE, DEVICE = "E8-N64-K64-top2-bf16", "NVIDIA_H200"
CELLS = [f"{DEVICE}/{SHAPE}/M{tokens}" for tokens in (1, 64)]
A, B, C = (f"M16-N{n}-K64-G1-W4-S2" for n in (32, 64, 128))
PLAN = Plan(200, 0.95, 1)


COMMIT = "1f" * 20


def run(name: str, seconds: float, picks: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A run of two batch sizes as it stands in a recording; A is named as a tie of B, not of C."""
    gained = {"committed": {"median": 0.9}, "default": {"median": 0.8}}
    batches = [
        {"cell_id": cell, "config_id": pick, "ties": {pick: {}, B: {}} if pick == A else {pick: {}},
         "untold": [A] if pick == B else [], "gained": gained}
        for cell, pick in zip(CELLS, picks, strict=True)
    ]  # fmt: skip
    tuned = {
        "device": DEVICE, "shape": SHAPE, "cold": more.get("cold", False), "trials": 30,
        "batches": batches, "seconds": dict.fromkeys(STEPS, 1.0) | {"total": seconds},
        "seconds_of_measure": dict.fromkeys(MEASURING, 0.5),
    }  # fmt: skip
    return {"name": name, "wall": seconds + 2, "load": 3.0, "judged": more.get("judged")} | {
        "tuned": more.get("tuned", tuned), "run": {"commit": COMMIT},
    }  # fmt: skip


def judged(over: float, as_tuned: float) -> dict[str, Any]:
    rows = [(1.0, 1.0), (over, as_tuned)]
    return {"batches": [
        {"cell_id": cell, "config_id": A, "over_standing": one, "tuned_over_standing": other}
        for cell, (one, other) in zip(CELLS, rows, strict=True)
    ]}  # fmt: skip


RUNS = [
    run("known1", 15.0, (A, A)),
    run("cold1", 25.0, (C, C), cold=True),
    run("op", 16.0, (B, C), judged=judged(1.004, 1.2)),
    run("cut", 1.0, (A, A), tuned=None),
]


def recorded(folder: Path, runs: list[dict[str, Any]] = RUNS, name: str = "some.jsonl.xz") -> Path:
    path = folder / name
    path.write_bytes(lzma.compress("".join(json.dumps(one) + "\n" for one in runs).encode()))
    return path


def test_each_run_that_ended_is_a_row_of_its_kind(tmp_path):
    rows, choices = tables([recorded(tmp_path)])
    assert list(zip(rows["run"], rows["kind"], rows["seconds"], strict=True)) == [
        ("known1", KNOWN, 15.0), ("cold1", HIDDEN, 25.0), ("op", OPERATOR, 16.0)
    ]  # fmt: skip
    assert set(rows["commit"]) == {COMMIT}
    assert rows["over_committed"].tolist() == pytest.approx([0.9] * 3)
    assert rows["worst_as_tuned"].tolist()[2] == 1.2 and rows["worst_over_standing"][2] == 1.004
    assert rows["worst_as_tuned"][:2].isna().all()
    assert len(choices) == 6 and choices["ties"].tolist()[0] == f"{A},{B}"
    assert choices["ties"].tolist()[4] == f"{A},{B}"  # untold ones are named too


def test_the_command_writes_both_tables_also_of_no_recording(tmp_path):
    for runs, count in (([recorded(tmp_path)], 3), ([], 0)):
        out = [tmp_path / name for name in ("tuning.parquet", "choices.parquet")]
        argv = ["--runs", *map(str, runs), "--out", str(out[0]), "--out-choices", str(out[1])]
        assert main(argv) == 0
        assert len(read_table(out[0], TUNING)) == count
        assert len(read_table(out[1], CHOICES)) == 2 * count


def test_a_record_that_lacks_a_field_is_named(tmp_path):
    broken = run("known1", 15.0, (A, A))
    del broken["tuned"]["seconds_of_measure"]
    with pytest.raises(InputError, match=r"some.jsonl.xz: a run lacks 'seconds_of_measure'"):
        tables([recorded(tmp_path, [broken])])
    path = tmp_path / "torn.jsonl.xz"
    path.write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"torn.jsonl.xz: .*; restore it"):
        tables([path])


def restarts() -> pd.DataFrame:
    """Three restarts: A, A, B at the first batch size; A, B, C at the second. A and B are tied."""
    picks = {CELLS[0]: (A, A, B), CELLS[1]: (A, B, C)}
    named = {A: f"{A},{B}", B: f"{A},{B}", C: f"{B},{C}"}
    return pd.DataFrame([
        {"cell_id": cell, "restart": number, "config_id": pick, "ties": named[pick], "trials": 12,
         "rounds": 20, "regret": 1.0 + number / 1000}
        for cell, chosen in picks.items() for number, pick in enumerate(chosen, start=1)
    ])  # fmt: skip


def test_shares_of_pairs_are_those_counted_by_hand(tmp_path):
    _, choices = tables([recorded(tmp_path)])
    found = same_choice(restarts(), choices, PLAN)
    assert list(found.columns) == SAME.names
    mine = found[found["trials"] == RECORDED].set_index("measure")
    assert mine["value"].to_dict() == pytest.approx(
        {"same": np.mean([1 / 3, 0]), "named": np.mean([1, 1 / 3]), "either": np.mean([1, 2 / 3])}
    )
    assert mine["whole"].to_dict() == {"same": 0, "named": 1, "either": 1}
    assert set(mine["restarts"]) == {3} and set(mine["n"]) == {2}
    assert mine["regret"].tolist() == [1.003] * 3
    assert mine["mean_regret"].tolist() == pytest.approx([1.002] * 3)
    assert mine["names"].tolist() == [2.0] * 3
    live = found[found["trials"] == LIVE].set_index("measure")
    # known1 and op: A, B name each other; A, C do not; the hidden run is none of these restarts.
    assert live["value"].to_dict() == {"same": 0.0, "named": 0.5, "either": 0.5}
    assert live["regret"].isna().all()


def test_the_last_recording_of_a_layer_stands_for_it(tmp_path):
    later = [run("known1", 9.0, (A, A)), run("known2", 11.0, (A, B))]
    paths = [recorded(tmp_path), recorded(tmp_path, later, "later.jsonl.xz")]
    runs, choices = tables(paths)
    kinds = by_kind(runs)[DEVICE]
    assert kinds[KNOWN] == kinds[KNOWN] | {"n": 2, "seconds": {"median": 10.0, "worst": 11.0}}
    assert kinds[HIDDEN]["n"] == kinds[OPERATOR]["n"] == 1  # which the later one has none of
    found = same_choice(restarts(), choices, PLAN)
    live = found[found["trials"] == LIVE].set_index("measure")
    assert set(live["restarts"]) == {2}
    assert live["value"].to_dict() == {"same": 0.5, "named": 1.0, "either": 1.0}


def test_a_tie_that_one_names_and_the_other_does_not_is_named_by_one_alone():
    one, other = (A, frozenset([A, B])), (B, frozenset([B]))
    assert alike(one, other) == alike(other, one) == (False, False, True)
    assert alike(one, one) == (True, True, True)
    assert len(list(combinations(range(20), 2))) == 190  # pairs of twenty restarts
