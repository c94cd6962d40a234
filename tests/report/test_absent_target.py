"""Triples on a GPU that is absent: what is known of them, and that none of it is measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.lib.files import InputError
from scripts.report.sections.triples import join, readings, triples
from tests.report import absent
from tests.report.absent import ABSENT, SOURCE, TOKENS
from tests.report.test_readings import HEADLINE

PAIR = f"{SOURCE}->{ABSENT}"


@pytest.fixture(scope="module")
def facts(summary_path: Path) -> dict[str, Any]:
    return json.loads(summary_path.read_text())["triples"][PAIR]


def test_every_triple_is_counted_as_not_measured(facts: dict[str, Any]) -> None:
    assert facts["triples"] == len(TOKENS)
    assert facts["outcomes"] == {"not_measured: device_absent": len(TOKENS)}


def test_legality_and_prediction(facts: dict[str, Any]) -> None:
    assert (facts["legal"], facts["target_legal"]) == (3, 4)
    assert facts["reasons"] == {"shared_memory": 1}
    assert (facts["searched"], facts["target_searched"], facts["identical"]) == (1, 3, 0)
    ratio = facts["predicted_ratio"]
    assert (ratio["n"], ratio["median"], ratio["under_1"]) == (3, 1.0, 1)
    assert (ratio["within_2"], ratio["within_10"]) == (2, 2)
    assert 0.9 <= ratio["p5"] <= ratio["q1"] <= ratio["q3"] <= ratio["p95"] <= 1.5
    assert facts["confidence"] == {"not validated": 4}


def test_the_sentence_says_that_nothing_is_measured(facts: dict[str, Any]) -> None:
    (text,) = readings({"triples": {PAIR: facts}}, HEADLINE)
    assert text.startswith("H100 80GB HBM3 → MI300X: none of the 4 triples is measured")
    assert "predicts them at 1.00 times" in text
    nothing = facts | {"predicted_ratio": {"n": 0}}
    (text,) = readings({"triples": {PAIR: nothing}}, HEADLINE)
    assert "predicts" not in text


def test_no_prediction_at_all_is_no_ratio() -> None:
    none = absent.triples_predicted().assign(ratio=float("nan"))
    found = triples(join(absent.triples_legality(), none))[PAIR]
    assert found["predicted_ratio"]["n"] == 0


def test_a_triple_of_one_table_only_is_named() -> None:
    fewer = absent.triples_predicted().iloc[1:]
    missing = absent.triples_legality()["cell_id"].iloc[0]
    with pytest.raises(InputError, match=missing):
        join(absent.triples_legality(), fewer)
