"""G2: statuses add up to the corpus."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from scripts.claims.census import judge_census
from scripts.corpus.models import read_models
from scripts.corpus.shapes import make_shapes
from scripts.statistics.coverage import corpus_cells, cover
from tests.claims.conftest import DEVICE, Study

PATHS = {name: Path(f"{name}.parquet") for name in ("history", "triples", "coverage", "recorded")}


def findings(study: Study, **changed: object) -> list[str]:
    one = dataclasses.replace(study, **changed)  # type: ignore[arg-type]
    judged = judge_census(
        PATHS, one.history, one.triples, one.coverage, one.recorded, one.first, [DEVICE]
    )
    return list(judged.findings)


def test_the_recorded_study_adds_up(study: Study) -> None:
    assert findings(study) == []
    assert study.coverage["cell_id"].nunique() == 918


def edited(frame: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    frame = frame.copy()
    frame[column] = frame[column].astype(object)
    frame.loc[frame.index[0], column] = value
    return frame


@pytest.mark.parametrize(
    ("table", "column", "value", "says"),
    [
        ("history", "status", "dropped", "neither a config nor rejected"),
        ("coverage", "status", "skipped", "neither measured nor excused"),
        ("coverage", "trials", 0, "neither measured nor excused"),
        ("coverage", "tokens", 5, "is not in the history"),
        ("recorded", "correct", 0, "outcomes are not its trials'"),
        ("recorded", "timeout", 1, "outcomes are not its trials'"),
    ],
)
def test_a_wrong_status_is_found(
    study: Study, table: str, column: str, value: object, says: str
) -> None:
    changed = {table: edited(getattr(study, table), column, value)}
    assert any(says in one and table in one for one in findings(study, **changed))


def test_a_rejection_without_a_reason_is_found(study: Study) -> None:
    history = study.history.copy()
    row = history.index[history["status"] == "rejected"][0]
    history.loc[row, "reason"] = None
    assert any("neither a config nor rejected" in one for one in findings(study, history=history))


def test_an_unknown_reason_for_no_measurement_is_found(study: Study) -> None:
    coverage = edited(edited(study.coverage, "status", "not_measured"), "reason", "no time")
    (found,) = findings(study, coverage=coverage)
    assert "no time" in found


@pytest.mark.parametrize("table", ["triples", "coverage", "recorded"])
def test_a_row_dropped_is_found(study: Study, table: str) -> None:
    cells = study.coverage["cell_id"]
    only_once = cells[~cells.duplicated(keep=False)].index[0]
    row = only_once if table == "coverage" else getattr(study, table).index[0]
    found = findings(study, **{table: getattr(study, table).drop(index=row)})
    assert len(found) == 1
    assert f"{table}.parquet" in found[0]


def test_a_trial_dropped_is_found(study: Study) -> None:
    one = study.first[3]
    fewer = dataclasses.replace(one, trials=one.trials.drop(index=one.trials.index[5]))
    (found,) = findings(study, first=[*study.first[:3], fewer])
    assert str(one.trials["cell_id"].iloc[5]) in found


def test_a_whole_dataset_left_out_is_found(study: Study) -> None:
    rest = study.recorded[study.recorded["dataset"] != study.first[3].name]
    assert len(findings(study, recorded=rest)) == len(study.first[3].cells)


def test_cells_of_a_second_gpu_add_up_beside_the_first(study: Study) -> None:
    second = "NVIDIA_H100_80GB_HBM3"
    shapes = make_shapes(study.history, read_models(Path("data/models.yaml")))
    no_trials = study.recorded.iloc[:0]
    more = cover(corpus_cells(study.history, shapes, second), no_trials)
    both = pd.concat([study.coverage, more], ignore_index=True)
    judged = judge_census(
        PATHS, study.history, study.triples, both, study.recorded, study.first, [DEVICE, second]
    )
    assert judged.findings == []
    said = [str(one) for one in judged.evidence]
    assert any(f"918 cells of {DEVICE}" in words for words in said)
    assert any(f"cells of {second}" in words for words in said)
