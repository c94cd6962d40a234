"""The audit on the pages: every fault and probe has its row, every finding its evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scripts.audit.faults import STRENGTHS
from scripts.audit.probes import ORDER
from scripts.audit.real import Known
from scripts.report import results_md
from scripts.report.section import Headline
from scripts.report.sections.audit import MEANS, TUNERS, findings, grid, injected, probes, readings

ABOUT = Headline((), "")


@pytest.fixture(scope="module")
def text(made: dict[str, Any]) -> str:
    return results_md.page(made).partition("## Tuners put to the test\n")[2].partition("\n## ")[0]


def read(inputs: dict[str, Path], name: str) -> pd.DataFrame:
    return pd.read_parquet(inputs[name])


def test_every_fault_has_a_row_with_its_strengths(made: dict[str, Any], text: str) -> None:
    own = made["audit"]["injected"]
    assert own["faults"] == len(STRENGTHS) == len(own["kinds"])
    for fault, strengths in STRENGTHS.items():
        line = next(
            one for one in text.splitlines() if one.startswith(f"| {fault} |".replace("_", " "))
        )
        for strength in strengths:
            assert f"{strength:g}: " in line


def test_recall_and_alarms_are_those_of_the_table(
    made: dict[str, Any], inputs: dict[str, Path]
) -> None:
    table = read(inputs, "injected")
    faults = table[~table["fault"].isin(["none", "any"])]
    own = made["audit"]["injected"]
    assert own["recall"]["n"] == faults["runs"].sum()
    assert own["recall"]["mean"] == pytest.approx(faults["found"].sum() / faults["runs"].sum())
    assert own["false_alarms"]["n"] == 2
    assert injected(table)["kinds"]["allocation"]["false_alarms"]["n"] == 2


def test_grid_is_counted_by_hand(made: dict[str, Any], inputs: dict[str, Path], text: str) -> None:
    table = read(inputs, "grid")
    there = table[table["reason"].isna()]
    own = made["audit"]["grid"]
    assert (own["cells"], own["measured"]) == (45, len(there)) == (45, 5)
    assert own["matched"] + own["mismatched"] == own["parity"] == 5
    assert sum(own["words"].values()) == 5
    assert own["flips"]["first"] == (there["flips_first"] > 0).sum()
    layer = next(iter(own["layers"].values()))
    assert sum(layer["absent"].values()) == 40
    for row in there.to_dict("records"):
        assert (
            f"| {row['ep']} | {row['tokens']} | {row['pick_first']} | {row['pick_second']} |"
            in text
        )
    assert grid(table)["repeats"] == 4


def test_every_finding_has_evidence_and_a_command(
    made: dict[str, Any], inputs: dict[str, Path], text: str
) -> None:
    table = read(inputs, "findings")
    found = table[table["verdict"] == "found"]
    layers = [e["layers"] for one in made["audit"]["findings"] for e in one["evidence"]]
    assert sum(map(len, layers)) == len(found) > 0
    for row in found.to_dict("records"):
        assert f"- {row['layer']}: {row['evidence']}." in text
        assert f"Ask again: `{row['command']}`" in text
    counts = probes(table)
    assert set(counts["published"]) == set(ORDER)
    assert {sum(one.values()) for one in counts["published"].values()} == {1}
    assert all(one["evidence"] for one in findings(table))


def test_readings_quote_the_figures(made: dict[str, Any]) -> None:
    faults, steadiness, on_grid = readings({"first_gpu": "NVIDIA_H200", **made}, ABOUT)
    own = made["audit"]
    assert f"{own['injected']['faults']} kinds" in faults
    assert f"{100 * own['steady']['race']['same']['mean']:.1f}%" in steadiness
    assert f"{own['grid']['matched']} choices are one config" in on_grid
    assert list(readings({"first_gpu": "NVIDIA_H200"}, ABOUT)) == []


def test_words_are_there_for_every_probe_and_tuner() -> None:
    assert set(MEANS) == set(ORDER)
    assert set(TUNERS) == set(Known.tuners(Known(None, (), None)))  # type: ignore[arg-type]
