"""The harness on a real GPU: a small cell from plan to tables, a kill -9, configs that fail."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch

from scripts.ledger import consolidate
from scripts.lib.chain import read_chain
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.schemas.plan import PLAN
from scripts.lib.tables import read_table, write_table
from scripts.measure.device.choose import open_gpu

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU"),
]

SHAPE = "E8-N256-K512-top2-bf16"
GOOD = [f"M16-N{n}-K64-G1-W4-S{s}" for n in (32, 64, 128) for s in (2, 3, 4)]
TOO_LARGE = "M256-N256-K256-G1-W8-S5"


def device() -> str:
    return str(open_gpu(0, "gpu").identity()["device"])


def write_plan(path: Path, batches: list[int], configs: list[str]) -> pd.DataFrame:
    name = device()
    rows = [
        (f"{name}/{SHAPE}/M{t}", order, config, "committed" if order == 0 else "", None, None)
        for t in batches
        for order, config in enumerate(configs)
    ]
    plan = pd.DataFrame(rows, columns=PLAN.names)
    write_table(path, plan, PLAN)
    return plan


def start(plan: Path, ledger: Path) -> subprocess.Popen[bytes]:
    """A sweep; the tests' own process may hold the GPU too, so a busy one is allowed."""
    command = [sys.executable, "-m", "scripts.measure.sweep", "--plan", plan, "--ledger", ledger]
    return subprocess.Popen([*map(str, command), "--allow-busy"])


def tables(ledger: Path, out: Path) -> None:
    assert consolidate.main(["--ledger", str(ledger), "--out", str(out)]) == 0


def test_a_cell_from_plan_to_tables(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.parquet", [1, 33], [*GOOD, TOO_LARGE])
    ledger = tmp_path / "ledger.jsonl"
    assert start(tmp_path / "plan.parquet", ledger).wait(300) == 0
    tables(ledger, tmp_path)
    trials = read_table(tmp_path / "trials.parquet", TRIALS)
    assert sorted(trials["config_id"]) == sorted(plan["config_id"])
    illegal = trials[trials["config_id"] == TOO_LARGE]
    assert set(illegal["outcome"]) <= {"illegal", "compile_error"}
    assert illegal["reason"].notna().all()
    good = trials[trials["config_id"] != TOO_LARGE]
    assert set(good["outcome"]) == {"correct"}
    assert (good["logits_diff"] <= 0.01).all()
    assert (good["low_us"] <= good["median_us"]).all()
    assert (good["median_us"] <= good["high_us"]).all()
    cells = read_table(tmp_path / "cells.parquet", CELLS)
    assert len(cells) == 2
    assert set(cells["scope"]) == {"two_gemm"}
    assert set(cells["weights"]) == {"cold"}
    finals = read_table(tmp_path / "finals.parquet", FINALS)
    assert finals.groupby("cell_id")["round"].nunique().min() >= 10
    # The same command again finds nothing to do.
    lines = sum(body["kind"] == "attempt" for body in read_chain(ledger))
    assert start(tmp_path / "plan.parquet", ledger).wait(120) == 0
    assert sum(body["kind"] == "attempt" for body in read_chain(ledger)) == lines


def test_killed_three_times_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.parquet", [1, 2, 4, 8, 16, 24], GOOD)
    ledger = tmp_path / "ledger.jsonl"
    for attempts in (5, 20, 40):
        run = start(tmp_path / "plan.parquet", ledger)
        before: list[str] = []
        while len(before) < attempts and run.poll() is None:
            time.sleep(0.005)
            text = ledger.read_text() if ledger.exists() else ""
            before = [line for line in text.splitlines() if '"kind":"attempt"' in line]
        run.send_signal(signal.SIGKILL)
        run.wait(30)
        whole = [line for line in ledger.read_text().splitlines() if line.endswith("}")]
        assert len([line for line in whole if '"kind":"attempt"' in line]) >= len(before)
    assert start(tmp_path / "plan.parquet", ledger).wait(300) == 0
    bodies = list(read_chain(ledger))  # raises if the chain does not hold
    keys = [(b["cell_id"], b["config_id"]) for b in bodies if b["kind"] == "attempt"]
    assert len(keys) == len(set(keys)) == len(plan)
    tables(ledger, tmp_path)
    assert len(json.loads((tmp_path / "runs.json").read_text())["runs"]) == 4
