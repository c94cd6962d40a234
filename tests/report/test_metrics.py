"""The figures compared between commits are the summary's own, few, and traced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.report import metrics
from scripts.report.origins import origins
from scripts.report.section import find


@pytest.fixture
def summary(summary_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(summary_path.read_text())
    return found


def test_each_is_the_figure_at_its_path_and_has_an_origin(summary: dict[str, Any]) -> None:
    found = metrics.metrics(summary)
    for path, value in found.items():
        figure = find(summary, path)
        assert value == (figure["mean"] if isinstance(figure, dict) else figure)
        assert origins(path), path


def test_all_that_is_claimed_and_the_cost_of_a_file_are_there(summary: dict[str, Any]) -> None:
    found = metrics.metrics(summary)
    assert {claim["metric"] for claim in summary["claims"]} < set(found)
    assert found["cost/ratio"] == summary["cost"]["ratio"]
    del summary["cost"]["ratio"]
    assert "cost/ratio" not in metrics.metrics(summary)


def test_main_writes_them_small_enough_for_a_table(summary_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "metrics.json"
    assert metrics.main(["--summary", str(summary_path), "--out", str(out)]) == 0
    assert json.loads(out.read_text()) == metrics.metrics(json.loads(summary_path.read_text()))
    assert out.stat().st_size < 50_000


def test_a_file_that_is_no_summary_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "summary.json", tmp_path / "metrics.json"
    path.write_text("{}")
    assert metrics.main(["--summary", str(path), "--out", str(out)]) == 2
    assert f"{path}: is no summary" in capsys.readouterr().err
    assert not out.exists()
