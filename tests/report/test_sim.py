"""graphx-sim's figures: those of unseen layers stand for a GPU, with what was to be reached."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.lib.files import InputError
from scripts.report.sections.sim import listed, off, predicted_rows, readings, sim
from tests.report import absent
from tests.report.test_readings import HEADLINE
from tests.statistics.study import DEVICE

BESIDE = ("readings", "errors", "by_scheme")


@pytest.fixture(scope="module")
def section(summary_path: Path) -> dict[str, Any]:
    return json.loads(summary_path.read_text())["sim"][DEVICE]


def unseen(model: str) -> Any:
    cells = absent.sim_cells()
    return cells[(cells["held_out"] == "layer") & (cells["model"] == model)]


def test_the_headline_is_the_whole_model_on_unseen_layers(section: dict[str, Any]) -> None:
    cells = unseen("corrected")
    assert section["cells"] == len(cells)
    assert section["spearman"]["median"] == pytest.approx(cells["spearman"].median())
    assert section["spearman"]["p5"] == pytest.approx(cells["spearman"].quantile(0.05))
    for top in ("1", "4", "8", "16"):
        regret, column = section["top_regret"][top], cells[f"regret_{top}"]
        assert regret["median"] == pytest.approx(column.median())
        assert regret["p95"] == pytest.approx(column.quantile(0.95), rel=1e-5)
        assert regret["within_2"] == np.mean(column <= 1.02)


def test_every_reading_is_kept_and_the_headline_comes_first(section: dict[str, Any]) -> None:
    found = listed(section)
    assert len(found) == 2 * 2 * 3  # splits, schemes, models
    assert found[0][:4] == ("learned_from", "layer", "all", "corrected")
    assert found[0][4] == {k: v for k, v in section.items() if k not in BESIDE}
    assert found[2][4]["error"] == {"median": None, "p95": None}  # chance predicts no latency


@pytest.mark.parametrize(("within", "verdict"), [(0.95, "; reached)"), (0.94, "; not reached)")])
def test_what_is_reached_is_said(section: dict[str, Any], within: float, verdict: str) -> None:
    regret = section["top_regret"] | {"8": section["top_regret"]["8"] | {"within_2": within}}
    first, _, third = readings({"sim": {DEVICE: section | {"top_regret": regret}}}, HEADLINE)
    assert verdict in first
    assert "by its equations alone 100.0%; random order 0.0%" in first
    assert "stood on the plan" in third


def test_what_stood_before_is_beside_the_cross_validated_figure_of_the_same_cells(
    section: dict[str, Any],
) -> None:
    _, family, stood = readings({"sim": {DEVICE: section}}, HEADLINE)
    assert "on 80.0% of the cells (layer out 90.0%)" in family
    assert "within 2% on 70.0% of 4 cells, rank correlation 0.600 (median)" in stood
    assert "cross-validated, layer out, 90.0%. Of number formats that the model knew" in stood
    rows = off(section)
    assert [row[:2] for row in rows[:3]] == [
        ("predicted before", words)
        for words in ("the model of that day", "layer out", "family out")
    ]
    assert rows[0][2]["models"] == ["0a0b0c0d0e0f0a0b"]
    assert len(rows) == len(absent.sim_errors()) - 2  # those of bf16 stand by format
    assert section["by_scheme"]["bf16"]["family_out"]["error"] == 0.2


def test_a_gpu_without_stamps_has_no_such_sentence(section: dict[str, Any]) -> None:
    bare = {key: value for key, value in section.items() if key not in ("errors", "by_scheme")}
    assert len(list(readings({"sim": {DEVICE: bare}}, HEADLINE))) == 1
    assert off(bare) == []


def test_rates_without_the_headline_are_refused() -> None:
    rates = absent.sim_rates()
    with pytest.raises(InputError, match="no row of learned_from, layer, corrected"):
        sim(rates[rates["held_out"] != "layer"])


def test_the_page_lists_the_cells_of_that_reading() -> None:
    rows = predicted_rows(absent.sim_cells())
    assert {row["cell_id"] for row in rows} == set(unseen("corrected")["cell_id"])
    assert [row["tokens"] for row in rows] == sorted(absent.TOKENS)
    assert all(row["model"] == "corrected" for row in rows)
