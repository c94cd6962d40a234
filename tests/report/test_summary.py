"""The summary against plain recomputation from the recorded tables, and its errors."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.report import summary
from scripts.report.estimates import rounded
from scripts.report.section import find
from tests.report.conftest import summary_arguments
from tests.report.planted_measured import GAP_FILES
from tests.report.written import COMMIT, DATASET, RUNS, UPSTREAM
from tests.statistics.conftest import Judged
from tests.statistics.study import BUDGETS, DEVICE, SOURCES, Study


def test_corpus(made: dict[str, Any]) -> None:
    corpus = made["corpus"]
    assert (corpus["files"], corpus["rows"], corpus["triples"]) == (2, 3, 12)
    pair = corpus["pairs"][f"{SOURCES[0]}->{SOURCES[1]}"]
    assert (pair["file_pairs"], pair["triples"]) == (3, 12)
    gap = pair["gap_days_last"]
    assert gap["mean"] == np.mean(list(GAP_FILES.values()))
    assert gap["n"] == 12
    assert gap["ci"] == gap["ci_files"]
    assert gap["ci"][0] <= gap["ci_rows"][0] <= gap["mean"] <= gap["ci_rows"][1] <= gap["ci"][1]


def test_counts(made: dict[str, Any], drawn: Study) -> None:
    measured = made["measured"][DEVICE]
    assert measured["cells"] == measured["complete_cells"] == len(drawn.cells)
    assert measured["outcomes"] == drawn.trials["outcome"].value_counts().to_dict()
    assert measured["trials"] == sum(measured["outcomes"].values())
    worst = drawn.trials["logits_diff"].max()
    assert measured["largest_logits_diff"]["bf16"] == pytest.approx(worst, rel=1e-5)


def test_datasets_and_schemes_add_up(made: dict[str, Any]) -> None:
    measured = made["measured"][DEVICE]
    assert set(measured["datasets"]) == {DATASET}
    for parts in (measured["by_scheme"], measured["datasets"]):
        for name in ("cells", "complete_cells", "trials"):
            assert sum(part[name] for part in parts.values()) == measured[name]
    assert sum(measured["stopped_by"].values()) == measured["outcomes"]["correct"]


def test_coverage_counts_the_cell_that_nobody_measured(made: dict[str, Any], drawn: Study) -> None:
    covered = made["measured"][DEVICE]["coverage"]
    assert (covered["cells"], covered["measured"]) == (len(drawn.cells) + 1, len(drawn.cells))
    assert covered["not_measured"] == {"not_recorded": 1}
    assert covered["complete"] == covered["by_scheme"]["bf16"]["complete"] == len(drawn.cells)


def test_gains_are_the_share_of_cells_whose_best_other_config_wins(
    made: dict[str, Any], drawn: Study
) -> None:
    found = made["measured"][DEVICE]["gains"][DATASET]
    assert found["bf16"]["win"]["mean"] == found["all"]["win"]["mean"]
    assert (found["all"]["cells"], found["all"]["judged"]) == (len(drawn.cells),) * 2
    committed = drawn.cells.set_index("cell_id")["committed_id"]
    best = {
        cell: min(us for (other, name), us in drawn.truth.items() if other == cell and name != own)
        / drawn.truth[cell, own]
        for cell, own in committed.items()
    }
    # Beyond the margin by half a per cent the noise of twenty rounds moves no verdict.
    sure = [ratio for ratio in best.values() if abs(ratio - 0.99) > 0.005]
    wins = sum(ratio < 0.99 for ratio in sure) / len(best)
    assert wins <= found["all"]["win"]["mean"] <= wins + 1 - len(sure) / len(best)
    assert sum(found["all"][name]["mean"] for name in ("win", "tie", "loss")) == pytest.approx(1)


def test_repetitions_are_told_over_all_and_by_dataset(made: dict[str, Any], drawn: Study) -> None:
    again = made["repeat"][DEVICE]
    assert (again["cells"], again["best_ties"]) == (len(drawn.cells),) * 2
    assert again["datasets"] == {"again": {k: v for k, v in again.items() if k != "datasets"}}


def test_the_scan_of_the_ledgers_is_told_by_dataset(made: dict[str, Any]) -> None:
    counts = {"lines": 1000, "runs": 2, "attempts": 900, "cells": 16, "findings": 0}
    assert made["ledger"] == {DATASET: counts}


def plain_ratio(study: Study, cell: str, config: str) -> float:
    """Latency over the committed config by the true model, for a loose check of the verdicts."""
    committed = study.cells.set_index("cell_id")["committed_id"][cell]
    return study.truth[cell, config] / study.truth[cell, committed]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("budget", [1, 8, 128])
def test_transfer_recomputed_with_plain_numpy(
    made: dict[str, Any], drawn: Study, source: str, budget: int
) -> None:
    entry = made["transfer"][f"{source}->{DEVICE}"]["S2"][str(budget)]
    rows = drawn.replay[
        (drawn.replay["source"] == source)
        & (drawn.replay["strategy"] == "S2")
        & (drawn.replay["K"] == budget)
    ]
    assert entry["n"] == len(rows) == len(drawn.cells)
    assert entry["files"] == len({cell.split("/")[1] for cell in rows["cell_id"]})
    ratios = np.array([plain_ratio(drawn, r.cell_id, r.choice) for r in rows.itertuples()])
    # Only cells that noise cannot move across the limit are certain.
    for name, limit in (("within_2", 1.02), ("within_5", 1.05), ("within_10", 1.10)):
        sure = np.abs(ratios / limit - 1) > 0.01
        low = ((ratios <= limit) & sure).sum() / len(ratios)
        assert low <= entry[name]["mean"] + 1e-9 <= low + (~sure).mean() + 2e-9
    best = [
        min(us for (cell, _), us in drawn.truth.items() if cell == r.cell_id)
        / drawn.truth[r.cell_id, r.choice]
        for r in rows.itertuples()
    ]
    regret = np.exp(-np.mean(np.log(best)))
    assert entry["regret"]["mean"] == pytest.approx(regret, rel=0.01)


def test_every_strategy_and_budget_is_there_with_all_cells(
    made: dict[str, Any], drawn: Study, judged: Judged
) -> None:
    assert set(made["transfer"]) == {f"{source}->{DEVICE}" for source in SOURCES}
    for pair in made["transfer"].values():
        assert set(pair) == set(judged.verdicts["strategy"])
        for by_budget in pair.values():
            assert set(by_budget) == {str(budget) for budget in BUDGETS}
            for entry in by_budget.values():
                assert entry["n"] == len(drawn.cells)
                total = sum(entry[word]["mean"] for word in ("win", "tie", "loss"))
                assert total == pytest.approx(1.0, abs=1e-5)
                assert entry["regret"]["mean"] >= 1.0
                for figure in (value for value in entry.values() if isinstance(value, dict)):
                    assert figure["ci"][0] <= figure["mean"] <= figure["ci"][1]


def test_false_win_rate_and_quality(made: dict[str, Any], judged: Judged) -> None:
    rate = made["measured"][DEVICE]["aa_false_win_rate"]
    assert rate["n"] == len(judged.aa)
    assert rate["mean"] == pytest.approx((judged.aa["verdict"] == "win").mean())
    best = judged.pairwise[judged.pairwise["best"]]["committed_ratio"]
    found = made["measured"][DEVICE]["quality"]["best"]["ratio"]
    assert found["mean"] == pytest.approx(np.exp(np.log(best).mean()), rel=1e-5)


def test_provenance_names_the_recording_not_this_machine(
    made: dict[str, Any], inputs: dict[str, Path]
) -> None:
    provenance = made["provenance"]
    assert provenance["commit"] == COMMIT
    assert provenance["upstream_commit"] == UPSTREAM
    assert provenance["packages"] == {"numpy": "2.4.6", "scipy": "1.17.1"}
    trials = inputs["trials"]
    digest = hashlib.sha256(trials.read_bytes()).hexdigest()
    assert provenance["datasets"][trials.as_posix()] == digest


def test_cost_is_that_of_the_recording(made: dict[str, Any]) -> None:
    cost = made["cost"]
    assert (cost["compile_seconds"], cost["trial_seconds"], cost["cpus"]) == (30.0, 140.0, 16)
    assert cost["upstream_method"]["compile_seconds_per_config"] == 1.5
    assert cost["upstream_method"]["timing_seconds_per_config"] == 0.5
    assert (cost["cold_compile_seconds"], cost["binaries"], cost["runs"]) == (30.0, 200, 1)
    assert cost["run_time_over_compiled_in"] == {
        "configs": 3,
        "top_k": 1.016,
        "GROUP_SIZE_M": 0.995,
    }


def test_every_claim_quotes_a_figure_of_the_summary(made: dict[str, Any]) -> None:
    assert len(made["claims"]) >= 10
    for claim in made["claims"]:
        figure = find(made, claim["metric"])
        assert figure["mean"] == claim["mean"]
        assert figure["ci"] == claim["ci"]
        assert "{" not in claim["sentence"]
        assert re.fullmatch(r"make results/tables/[a-z]+/[a-z_]+\.parquet", claim["command"])


def test_the_same_inputs_give_the_same_bytes(
    inputs: dict[str, Path], summary_path: Path, tmp_path: Path
) -> None:
    assert summary.main(summary_arguments(inputs, tmp_path / "again.json")) == 0
    assert (tmp_path / "again.json").read_bytes() == summary_path.read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("runs", "{", "not valid JSON"),
        ("runs", "{}", "no runs"),
        ("runs", '{"runs": [{"run_id": "r"}]}', "lacks 'compile_seconds'"),
        ("ledger", '{"version": 1}', "lacks 'ledgers'; scan the ledgers again"),
        ("runs", json.dumps(RUNS | {"cost": [{"what": "upstream_method"}]}), "lacks 'cell_id'"),
        ("runs", "[]", "no runs"),
        ("lock", "", "pins no package"),
        ("upstream", "commit: main", "full hash"),
        ("rates", "PAR1", "not a readable Parquet file"),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(
    inputs: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: str,
    named: str,
) -> None:
    broken = tmp_path / inputs[name].name
    broken.write_text(content)
    arguments = summary_arguments(inputs | {name: broken}, tmp_path / "summary.json")
    if name == "runs":  # the datasets are hashed first; this test is about reading them
        arguments = summary_arguments(inputs, tmp_path / "summary.json")
        arguments[arguments.index(str(inputs["runs"]))] = str(broken)
    assert summary.main(arguments) == 2
    message = capsys.readouterr().err
    assert str(broken) in message
    assert named in message
    assert not (tmp_path / "summary.json").exists()


def test_rounding_goes_all_the_way_down() -> None:
    value = {"a": [1.23456789, (float("nan"), 7)], "b": {"c": 1e-9 / 3}}
    assert rounded(value) == {"a": [1.23457, [None, 7]], "b": {"c": 3.33333e-10}}
