"""Predictions stamped on a plan come back from the trials beside what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.schemas.plan import PLAN
from scripts.lib.tables import read_table, to_arrow, write_table
from scripts.sim import flywheel
from scripts.sim.flywheel import read_flywheel
from scripts.sim.recorded import read_measured
from scripts.sim.simulator import Simulator
from scripts.sim.stamp import stamp
from tests.sim.conftest import TRIALS as RECORDED

CELL = "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64"


@pytest.fixture
def trials() -> pd.DataFrame:
    """Twenty recorded trials of a cell; the last of them failed."""
    frame = read_table(RECORDED, TRIALS)
    frame = frame[frame["cell_id"] == CELL].head(20).reset_index(drop=True)
    frame["outcome"] = frame["outcome"].where(frame.index < 19, "timeout")
    return frame


def test_stamps_come_back_beside_measurements(
    trials: pd.DataFrame, simulator: Simulator, facts: pd.DataFrame, tmp_path: Path
) -> None:
    plan = trials[["cell_id", "order", "config_id"]].assign(
        proposed_by="", predicted_us=np.nan, model_version=None
    )
    stamped = stamp(plan, facts, simulator)
    assert to_arrow(stamped, PLAN).num_rows == 20
    # What the sweep does with a plan: it carries the stamp into the attempt.
    measured = trials.assign(
        predicted_us=stamped["predicted_us"], model_version=stamped["model_version"]
    )
    write_table(tmp_path / "trials.parquet", measured, TRIALS)
    out = tmp_path / "flywheel.jsonl"
    assert flywheel.main(["--trials", str(tmp_path / "trials.parquet"), "--out", str(out)]) == 0
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["predicted_us"] for line in lines] == stamped["predicted_us"].tolist()
    assert {line["model_version"] for line in lines} == {"v1"}
    assert lines[-1]["outcome"] == "timeout"
    assert lines[-1]["measured_us"] is None
    known = read_measured([tmp_path / "trials.parquet"])
    again = read_flywheel([out])
    assert again["config_id"].tolist() == known["config_id"].tolist()
    np.testing.assert_allclose(again["us"], known["us"], atol=1e-6)


def line(config: str, us: float | None, outcome: str = "correct") -> str:
    body = {"cell": CELL, "config": config, "measured_us": us, "outcome": outcome}
    return json.dumps(body | {"predicted_us": 1.0, "model_version": "v1", "run": "r"})


def test_a_later_measurement_replaces_an_earlier_one(tmp_path: Path) -> None:
    config = "M16-N64-K64-G1-W4-S3"
    (tmp_path / "one").write_text(line(config, 10.0) + "\n", encoding="utf-8")
    (tmp_path / "two").write_text(line(config, 12.0) + "\n", encoding="utf-8")
    assert read_flywheel([tmp_path / "one", tmp_path / "two"])["us"].tolist() == [12.0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{oops", ":1: not a JSON line"),
        ('{"cell": 1}', ":1: expected the keys cell, config"),
        ("null", ":1: expected the keys cell, config"),
        ("\udcff", "not text in UTF-8"),
        (line("M16-N64-K64-G1-W4-S3", None, "timeout"), "holds no correct trial"),
    ],
)
def test_what_cannot_be_learned_from_is_named(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "flywheel.jsonl"
    path.write_text(text + "\n", encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match=words):
        read_flywheel([path])
    with pytest.raises(InputError, match="is a folder"):
        read_flywheel([tmp_path])
