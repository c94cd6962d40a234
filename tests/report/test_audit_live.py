"""The live audit on the pages: every compared cell in its table, every finding its reproducer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scripts.audit.live.agenda import FLASHINFER
from scripts.audit.live.entrants import entrants
from scripts.report import results_md
from scripts.report.section import Headline
from scripts.report.sections.audit_live import TUNERS
from scripts.report.sections.audit_live.grid import recreated
from scripts.report.sections.audit_live.readings import readings
from tests.audit.live.tiny import tiny_plan

ABOUT = Headline((), "")


@pytest.fixture(scope="module")
def text(made: dict[str, Any]) -> str:
    page = results_md.page(made)
    return page.partition("## Tuners on the GPU itself\n")[2].partition("\n## ")[0]


def test_matched_and_mismatched_cells_stand_apart(
    made: dict[str, Any], inputs: dict[str, Path], text: str
) -> None:
    table = pd.read_parquet(inputs["live_grid"])
    there = table[table["reason"].isna()]
    for pair in made["audit_live"]["pairs"]:
        mine = there[(there["first"] == pair["first"]) & (there["second"] == pair["second"])]
        assert pair["matched"] + pair["mismatched"] == pair["compared"] == len(mine)
        assert pair["parity"] == len(mine)
        for row in pair["rows"]:
            assert row["one"] == (row["pick_first"] == row["pick_second"])
            line = f"| {row['ep']} | {row['tokens']} | {row['pick_first']} | {row['pick_second']} |"
            assert line in text
    assert "choices that differ" in text
    assert "worker exited" in text


def test_time_between_kernels_is_what_the_pass_takes_longer(made: dict[str, Any]) -> None:
    row = made["audit_live"]["pairs"][1]["rows"][0]
    assert row["between_first"] == pytest.approx(row["pass_first"] - row["kernels_first"], abs=0.01)


def test_two_faults_are_counted_by_hand(inputs: dict[str, Path]) -> None:
    table = pd.read_parquet(inputs["live_grid"])
    found = recreated(table)
    assert (found["cells"], found["careless"], found["mended"]) == (1, 1, 0)
    assert found["behind"] == found["worst"] == pytest.approx(1 / 0.9, rel=1e-3)


def test_findings_have_evidence_and_a_command(
    made: dict[str, Any], inputs: dict[str, Path], text: str
) -> None:
    table = pd.read_parquet(inputs["live_findings"])
    found = table[table["verdict"] == "found"]
    assert len(found) == len(made["audit_live"]["findings"]) == 2
    for row in found.to_dict("records"):
        assert row["evidence"] in text
        assert f"Ask again: `{row['command']}`" in text


def test_readings_quote_the_figures(made: dict[str, Any]) -> None:
    said = list(readings({"first_gpu": "NVIDIA_H200", **made}, ABOUT))
    assert any("raced graphx against published on 3 of 4 cells" in one for one in said)
    assert any("published started in 20 fresh processes on 3 cells" in one for one in said)
    assert list(readings({"first_gpu": "NVIDIA_H200"}, ABOUT)) == []


def test_words_are_there_for_every_tuner() -> None:
    assert set(TUNERS) == {*entrants(tiny_plan()), *FLASHINFER}


def test_tunings_over_processes_and_what_is_named_are_counted(
    made: dict[str, Any], inputs: dict[str, Path], text: str
) -> None:
    own = made["audit_live"]
    table = pd.read_parquet(inputs["live_pooled"])
    assert [one["processes"] for one in own["pooled"]] == sorted(set(table["processes"]))
    assert {one["same"] for one in own["pooled"]} == {1.0}
    assert "| 4 | 3 | 4 | 100.0% | 100.0% |" in text  # 17 processes on three cells
    assert own["flips"]["raced graphx"]["named"] == 1.0
    assert own["flips"]["raced graphx"]["decided"] == 0.0
    assert own["flips"]["published"]["named"] is None
