"""G3: K, spec and strategies are frozen before the first measurement that they judge."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scripts.claims.frozen import judge_frozen
from scripts.claims.inputs import Dataset
from scripts.lib.spec import LOCK, SPEC
from tests.claims.conftest import Study

BUDGETS = [1, 2, 4, 8, 16, 32, 64, 128]
CORPUS = "nvidia_h200-corpus"


def rates(budgets: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"strategy": ["S1"] * len(budgets) + ["exhaustive"], "K": [*budgets, 1304]})


def scanned(study: Study, *findings: dict[str, Any]) -> dict[str, Any]:
    ledgers = [{"ledger": f"{one.folder}/ledger.columns.xz", "lines": 1} for one in study.every]
    return {"ledgers": ledgers, "findings": list(findings)}


def findings(
    study: Study,
    every: list[Dataset] | None = None,
    budgets: list[int] = BUDGETS,
    ledgers: dict[str, Any] | None = None,
    complete: bool = True,
    spec: tuple[Path, Path] = (SPEC, LOCK),
) -> list[str]:
    cell = study.recorded["cell_id"].iloc[0]
    judged = judge_frozen(
        study.every if every is None else every,
        (Path("rates.parquet"), rates(budgets)),
        (Path("ledger.json"), scanned(study) if ledgers is None else ledgers),
        (Path("verdicts.parquet"), pd.DataFrame({"cell_id": [cell], "regret": [1.0]})),
        study.recorded.assign(complete=complete),
        spec,
    )
    return list(judged.findings)


def with_run(study: Study, name: str, **changed: object) -> list[Dataset]:
    """The datasets, the first run of one of them changed."""
    every = list(study.every)
    place = next(i for i, one in enumerate(every) if one.name == name)
    runs = copy.deepcopy(every[place].runs)
    runs[0] |= changed
    every[place] = dataclasses.replace(every[place], runs=runs)
    return every


def test_the_recorded_study_was_frozen(study: Study) -> None:
    assert findings(study) == []


@pytest.mark.parametrize(
    ("dataset", "changed", "says"),
    [
        (CORPUS, {"spec_hash": "0" * 16}, "is no version of the lock"),
        (CORPUS, {"started": "2026-11-20T23:59:59Z"}, "before its spec was locked"),
        (CORPUS, {"protocol": {"cap": 3}}, "protocol is not the spec's"),
        ("nvidia_h200-bf16", {"protocol": {"cap": 3}}, "its protocol's hash"),
        ("nvidia_h200-bf16", {"spec_hash": "0" * 16}, "its protocol's hash"),
    ],
)
def test_a_run_under_another_spec_is_found(
    study: Study, dataset: str, changed: dict[str, object], says: str
) -> None:
    found = findings(study, with_run(study, dataset, **changed))
    assert any(says in one and f"{dataset}/runs.json" in one for one in found)


def test_an_attempt_under_another_spec_than_its_run_s_is_found(study: Study) -> None:
    one = study.every[3]
    trials = one.trials.copy()
    trials.loc[trials.index[7], "spec_hash"] = "0" * 16
    every = [*study.every[:3], dataclasses.replace(one, trials=trials), *study.every[4:]]
    (found,) = findings(study, every)
    assert "spec_hash is 0000000000000000" in found


def test_another_k_is_found(study: Study) -> None:
    assert "K: 100 is none of" in findings(study, budgets=[*BUDGETS, 100])[0]
    assert "nothing is read off" in findings(study, budgets=BUDGETS[:-1])[0]


def test_an_edited_spec_is_found(study: Study, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC.read_text().replace("win_margin: 0.01", "win_margin: 0.001"))
    assert "a change is a new version" in findings(study, spec=(spec, LOCK))[0]


def test_a_spec_locked_after_the_run_is_found(study: Study, tmp_path: Path) -> None:
    lock = tmp_path / "lock.json"
    versions = json.loads(LOCK.read_text())
    versions[0]["date"] = "2027-01-01"
    lock.write_text(json.dumps(versions))
    assert any("before its spec was locked" in one for one in findings(study, spec=(SPEC, lock)))


@pytest.mark.parametrize("seen", [CORPUS, "nvidia_h200-complete", "never_recorded"])
def test_a_prediction_that_had_seen_the_data_is_found(study: Study, seen: str) -> None:
    every = []
    for one in study.every:
        model = copy.deepcopy(one.model)
        if model is not None:
            model["evidence"]["data"] = {seen: "0" * 64}
        every.append(dataclasses.replace(one, model=model))
    assert any(
        f"{CORPUS}/trials.parquet" in one and "trained on earlier" in one
        for one in findings(study, every)
    )


def test_a_prediction_of_no_model_is_found(study: Study) -> None:
    one = study.every[3]
    trials = one.trials.assign(model_version=None)
    every = [*study.every[:3], dataclasses.replace(one, trials=trials), *study.every[4:]]
    assert "model_version is missing" in findings(study, every)[0]


def test_a_broken_or_unscanned_ledger_is_found(study: Study) -> None:
    broken = {"ledger": "l.xz", "line": 7, "field": "prev", "problem": "was added", "fix": "mend"}
    assert findings(study, ledgers=scanned(study, broken)) == ["l.xz:7: prev: was added; mend"]
    none: dict[str, Any] = {"ledgers": [], "findings": []}
    assert len(findings(study, ledgers=none)) == len(study.every)


def test_a_replay_on_half_a_space_is_found(study: Study) -> None:
    (found,) = findings(study, complete=False)
    assert "no dataset holds its whole space" in found
