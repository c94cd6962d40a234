"""What tuning costs, as the pages say it: recomputed from the record, held against the targets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.report import readme, results_md
from scripts.report.sections import cost
from tests.report.test_readings import HEADLINE
from tests.statistics import planted_cost
from tests.statistics.conftest import PLAN
from tests.statistics.planted_cost import DATASET, SHAPE
from tests.statistics.study import DEVICE

NAME = f"{DEVICE}/{SHAPE}"


@pytest.fixture
def summary(summary_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(summary_path.read_text())
    return found


def test_figures_with_a_cache_keep_their_former_names(summary: dict[str, Any]) -> None:
    found = summary["cost"]
    assert found["ratio_cached"] == found["ratio"] < found["ratio_cold"]
    plain = "upstream_gpu_seconds_18_batches"
    assert found[f"{plain}_cached"] == found[plain] < found[f"{plain}_cold"]
    assert found["ratio"] == pytest.approx(found[plain] / found["gpu_seconds_18_batches"], rel=1e-5)


def test_what_taught_is_summed_over_its_recordings(summary: dict[str, Any]) -> None:
    taught = summary["cost"]["training"][NAME]
    assert taught["has_layer"] and taught["model"]["named"]
    (own,) = taught["datasets"].values()
    assert (
        taught["seconds"]
        == own["seconds"]
        == pytest.approx(
            own["compile_seconds"] + own["trial_seconds"] + own["around_seconds"], rel=1e-5
        )
    )
    assert taught["files"] == planted_cost.FILES


def test_the_regret_is_a_geometric_mean_and_its_worst_batch(summary: dict[str, Any]) -> None:
    cells = planted_cost.planted(PLAN)["cost_cells"][0]
    regrets = cells.set_index("tokens")["regret"].dropna()
    found = summary["cost"]["regret"][NAME]
    assert found["regret"] == pytest.approx(np.exp(np.log(regrets).mean()), rel=1e-5)
    worst = {"tokens": int(regrets.idxmax()), "regret": pytest.approx(regrets.max(), rel=1e-5)}
    assert (found["n"], found["worst"]) == (len(regrets), worst)


@pytest.mark.parametrize(
    ("seconds", "ratio", "low", "verdicts"),
    [
        (180.0, 300.0, 300.0, ("180 s; reached", "300; reached)")),
        (180.5, 299.0, 250.0, ("180 s; not reached", "300; not reached)")),
        (10.0, 353.0, 274.0, ("180 s; reached", "300; reached by the estimate, its interval")),
    ],
)
def test_the_cost_is_held_against_the_figures_to_reach(
    summary: dict[str, Any], seconds: float, ratio: float, low: float, verdicts: tuple[str, str]
) -> None:
    summary["cost"]["gpu_seconds_18_batches"] = seconds
    (sides,) = summary["cost"]["tuned"].values()
    sides["ratio"]["total"] |= {"value": ratio, "ci": [low, 1000.0]}
    (sentence,) = cost.readings(summary, HEADLINE)
    assert all(verdict in sentence for verdict in verdicts)
    assert sentence.index(f"{ratio:,.0f} times that") < sentence.index("compiled anew")


def test_the_sentence_owns_up_to_what_the_predictor_had_seen(summary: dict[str, Any]) -> None:
    assert "this layer among it" in cost.readings(summary, HEADLINE)[0]
    summary["cost"]["training"][NAME]["has_layer"] = False
    assert "this layer not among it" in cost.readings(summary, HEADLINE)[0]


def test_both_tables_of_the_first_page_rest_on_the_same_estimate(summary: dict[str, Any]) -> None:
    """The recording is the tuned layer and nothing else, so that both have the same seconds."""
    page = readme.figures(summary)
    sides = summary["cost"]["tuned"][NAME]
    for what, title in cost.SECTION.words["cost_sides"].items():
        seconds = sides[what]["total"]["value"]
        assert summary["cost"]["recordings"][DATASET][what]["value"] == seconds
        rows = [line for line in page.splitlines() if title in line]
        assert len(rows) == 2 and all(f"{seconds:,.0f} (" in row for row in rows)


def test_without_a_recorded_cost_nothing_is_said_of_it(summary: dict[str, Any]) -> None:
    found = summary["cost"]
    for name in ("tuned", "training", "regret", "recordings", *cost.HEADLINES):
        del found[name]
    assert cost.readings(summary, HEADLINE) == []
    page = results_md.page(summary)
    assert "### Tuning one config file" not in page
    assert "### The recordings" in page
    assert "published method" not in readme.figures(summary)


def test_without_a_recorded_layer_the_published_method_is_left_out(summary: dict[str, Any]) -> None:
    found = summary["cost"]
    for name in ("regret", "recordings", *set(cost.HEADLINES) - {"gpu_seconds_18_batches"}):
        del found[name]
    found["tuned"] = {NAME: {name: found["tuned"][NAME][name] for name in ("batches", "graphx")}}
    (sentence,) = cost.readings(summary, HEADLINE)
    assert "published method" not in sentence
    page = results_md.page(summary)
    assert "| **graphx** | 8 |" in page
    assert "**published method" not in page
