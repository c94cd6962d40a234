"""The command that judges all guardrails, on the recorded data and on spoilt copies of tables."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from scripts.claims.exits import VERDICTS as METRICS
from scripts.claims.guardrails import main
from scripts.lib.schemas.corpus import TRIPLES
from scripts.lib.schemas.recorded import COVERAGE, FALSE_WINS, RECORDED
from scripts.lib.schemas.statistics import GAPS, RATES, VERDICTS
from scripts.lib.tables import Table, write_table
from tests.claims.conftest import DEVICE, HISTORY_FILE, Study

TARGETS = [DEVICE, "AMD_Instinct_MI300X"]
BUDGETS = (1, 2, 4, 8, 16, 32, 64, 128)
ENDS = {"mean": 0.001, "low": 0.0, "high": 0.01, "n": 9, "clusters": 3, "ci_by": "rows"}


def table(rows: list[dict[str, object]], schema: Table) -> pd.DataFrame:
    return pd.DataFrame(rows).reindex(columns=schema.names)


@pytest.fixture(scope="module")
def words(study: Study, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command line: tables of the recorded study, planted estimates."""
    folder = tmp_path_factory.mktemp("tables")
    pair = {"source": "NVIDIA_H20", "target": DEVICE} | ENDS
    gap = {"metric": "gap_days_last", "file_pairs": 1, "triples": 9}
    rate = {"strategy": "S1", "cells": 9}
    rates = [pair | rate | {"K": k, "metric": name} for k in BUDGETS for name in METRICS]
    false = {"device": DEVICE, "dataset": "all", "metric": "false_win"} | ENDS
    cell = study.recorded["cell_id"].iloc[0]
    verdict = {"cell_id": cell, "strategy": "S1", "seed": 0, "K": 1, "evidence": "same",
               "verdict": "tie", "within_2": True, "within_5": True, "within_10": True,
               "regret": 1.0}  # fmt: skip
    tables = {
        "triples": (study.triples, TRIPLES),
        "coverage": (study.coverage, COVERAGE),
        "recorded": (study.recorded.assign(complete=True), RECORDED),
        "gaps": (table([pair | gap], GAPS), GAPS),
        "rates": (table(rates, RATES), RATES),
        "verdicts": (table([verdict], VERDICTS), VERDICTS),
        "false-wins": (table([false], FALSE_WINS), FALSE_WINS),
    }
    command = ["--history", str(HISTORY_FILE), "--upstream", "data/upstream.yaml"]
    for name, (frame, schema) in tables.items():
        write_table(folder / f"{name}.parquet", frame, schema)
        command += [f"--{name}", str(folder / f"{name}.parquet")]
    ledgers = [{"ledger": f"{one.folder}/ledger.columns.xz", "lines": 1} for one in study.every]
    (folder / "ledger.json").write_text(json.dumps({"ledgers": ledgers, "findings": []}))
    command += ["--ledger", str(folder / "ledger.json"), "--device", DEVICE, "--targets", *TARGETS]
    command += ["--runs", *(str(one.folder / "runs.json") for one in study.first)]
    rest = study.every[len(study.first) :]
    return [*command, "--again", *(str(one.folder / "runs.json") for one in rest)]


def test_everything_holds_on_the_recorded_data(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "guardrails.json"
    assert main([*words, "--out", str(out)]) == 0, capsys.readouterr().err
    found = json.loads(out.read_text())
    names = ["E1", "E2", "E3", "E4", "E5", "E6", "G1", "G2", "G3", "G4", "G6"]
    assert sorted(found["guardrails"]) == names
    for one in found["guardrails"].values():
        assert one["pass"] is True
        assert one["findings"] == []
        assert all(line["sha256"] and line["command"] for line in one["evidence"])
    assert found["strong"][f"NVIDIA_H20->{DEVICE}"]["S1"]["on"] is False


def test_a_violation_ends_the_command_and_is_named(
    words: list[str], study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "coverage.parquet", tmp_path / "guardrails.json"
    write_table(path, study.coverage.iloc[1:], COVERAGE)
    assert main([*words, "--coverage", str(path), "--out", str(out)]) == 1
    assert f"G2: {path}: " in capsys.readouterr().err
    judged = json.loads(out.read_text())["guardrails"]
    assert [name for name, one in judged.items() if not one["pass"]] == ["G2"]


def test_bad_input_is_named(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path / "guardrails.json")]
    assert main([*words, "--triples", "nowhere.parquet", *out]) == 2
    assert "nowhere.parquet: not found" in capsys.readouterr().err
    assert main([*words, "--gaps", str(HISTORY_FILE), *out]) == 2
    assert "holds history/1, expected gaps/1" in capsys.readouterr().err
    (tmp_path / "runs.json").write_text("{}")
    assert main([*words, "--runs", str(tmp_path / "runs.json"), *out]) == 2
    assert "runs is no list of runs" in capsys.readouterr().err
    assert not (tmp_path / "guardrails.json").exists()
