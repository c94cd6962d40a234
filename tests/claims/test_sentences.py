"""G5 and F2: what sentences may say, on planted ones and on the summary in the repository."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.claims.sentences import (
    beyond_on_page,
    estimates,
    judge_sentences,
    main,
    too_far,
    too_strong,
)
from scripts.claims.strong import STRONG_FROM, strong_forms
from scripts.lib.files import InputError

PAIR = "A->B"
FIGURE = {"mean": 0.281, "ci": [0.2, 0.365], "n": 36}
SENTENCE = "A copied (S1): a win on 28.1% (20.0–36.5) of 36 cells."


def summary(sentence: str = SENTENCE, **changed: object) -> dict[str, Any]:
    claim = {"sentence": sentence, "metric": f"transfer/{PAIR}/S1/1/win", **FIGURE} | changed
    days = {"mean": -5.25, "ci": [-10.4, 3.1], "n": 9}
    return {
        "transfer": {PAIR: {"S1": {"1": {"win": dict(FIGURE)}}}},
        "gap": days,
        "drift": {"median": 0.004, "smallest": 0.001, "largest": 0.32},
        "claims": [claim],
        "readings": ["Gap: -5.2 (-10.4 to 3.1) days; drift 0.4% (0.1–32.0)."],
    }


def test_a_sentence_from_its_figure_passes() -> None:
    assert too_far(summary()) == []


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("A win on 29.1% (20.0–36.5).", "is no figure of the summary"),
        ("A win on 28.1% (25.0–36.5).", "is no figure of the summary"),
        ("A win on 28.1% (20.0–30.5).", "is not the figure at its metric"),
        ("A win on 40.1% (20.0–36.5).", "lies outside its own interval"),
        ("A win on 28.1%.", "states no interval"),
        ("A win on 28.1% (20.0–36.5), at least 25%.", "begins below it"),
        ("A win on 28.1% (20.0–36.5), more than 20.1%.", "begins below it"),
        ("A win on 28.1% (20.0–36.5), less than 30%.", "reaches above it"),
        ("A win on 28.1% (20.0–36.5), at or under 36.4%.", "reaches above it"),
    ],
)
def test_a_sentence_beyond_its_interval_is_found(sentence: str, says: str) -> None:
    found = too_far(summary(sentence))
    assert any(says in one for one in found)
    assert all("claims" in one for one in found)


@pytest.mark.parametrize("bound", ["at least 20%", "at most 36.5%", "more than 12%", "≥ 20%"])
def test_a_bound_within_the_interval_passes(bound: str) -> None:
    assert too_far(summary(f"A win on 28.1% (20.0–36.5), {bound}.")) == []


@pytest.mark.parametrize(
    ("name", "value"), [("mean", 0.29), ("ci", [0.21, 0.365]), ("n", 37), ("metric", "no/where")]
)
def test_a_claim_about_another_figure_is_found(name: str, value: object) -> None:
    assert any(f"{name}: " in one for one in too_far(summary(**{name: value})))


def test_readings_and_pages_are_judged_too() -> None:
    facts = summary()
    facts["readings"].append("Regret 1.010 (1.002–1.020).")
    assert "readings: 1.010 (1.002–1.020): is no figure" in too_far(facts)[0]
    lines = ["fine: 28.1% (20.0–36.5)", "edited: 28.1% (20.0–33.5)"]
    (found,) = beyond_on_page(facts, Path("RESULTS.md"), lines)
    assert found.startswith("RESULTS.md:2: 28.1% (20.0–33.5)")


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.integers(0, 3))
def test_what_is_printed_from_a_figure_is_read_back(
    a: float, b: float, c: float, places: int
) -> None:
    low, mean, high = sorted((a, b, c))
    text = f"{mean * 100:.{places}f}% ({low * 100:.{places}f}–{high * 100:.{places}f})"
    (found,) = estimates(f"A win on {text} of 3 cells.")
    assert str(found) == text
    assert found.prints({"mean": mean, "ci": [low, high]})


def rates(low: float, K: int = 128, strategy: str = "S1") -> pd.DataFrame:
    row = {"source": "A", "target": "B", "strategy": strategy, "K": K, "metric": "win",
           "mean": 0.9, "low": low, "n": 36}  # fmt: skip
    return pd.DataFrame([row, row | {"metric": "tie", "low": 0.99}])


def test_the_strong_form_needs_a_lower_end_of_70_per_cent() -> None:
    assert STRONG_FROM == 0.7
    assert strong_forms(rates(0.7), 128)[PAIR]["S1"]["on"]
    assert not strong_forms(rates(0.699), 128)[PAIR]["S1"]["on"]
    assert not strong_forms(rates(float("nan")), 128)[PAIR]["S1"]["on"]
    assert strong_forms(rates(0.9, strategy="exhaustive"), 128) == {}


def test_the_strong_form_is_read_off_at_k() -> None:
    both = pd.concat([rates(0.9, K=8), rates(0.2, K=128), rates(0.95, K=1304)])
    form = strong_forms(both, 128)[PAIR]["S1"]
    assert (form["K"], form["low"], form["on"]) == (128, 0.2, False)


STRONG_SENTENCE = "S1 beats the committed config on 28.1% (20.0–36.5) of 36 cells."


def test_a_strong_sentence_below_70_per_cent_is_found() -> None:
    weak, strong = ({PAIR: {"S1": {"low": low, "on": low >= 0.7}}} for low in (0.2, 0.8))
    assert (
        "'beats': the win rate's lower end is 0.2" in too_strong(summary(STRONG_SENTENCE), weak)[0]
    )
    assert "no win rate" in too_strong(summary(STRONG_SENTENCE), {})[0]
    assert too_strong(summary(STRONG_SENTENCE), strong) == []
    assert too_strong(summary(), weak) == []
    reading = summary() | {"readings": ["S1 outperforms random search."]}
    assert "only a claim may be strong" in too_strong(reading, strong)[0]


def test_the_summary_s_guardrails_are_all_of_them() -> None:
    judged: dict[str, Any] = {"guardrails": {"G1": {"pass": True}}, "strong": {}}
    found = judge_sentences(summary(), judged)
    assert set(found) == {"G1", "G5", "F2"}
    assert all(one["pass"] for one in found.values())
    with pytest.raises(InputError, match="lies outside its own interval"):
        judge_sentences(summary("A win on 40.1% (20.0–36.5)."), judged)
    with pytest.raises(InputError, match=r"scripts\.claims\.guardrails"):
        judge_sentences(summary(), {})


def test_the_committed_pages_hold_figures_of_the_committed_summary(
    capsys: pytest.CaptureFixture[str],
) -> None:
    details = map(str, sorted(Path("results/details").glob("*.md")))
    pages = ["--page", "results/RESULTS.md", *details, "README.md"]
    assert main(["--summary", "results/summary.json", *pages]) == 0, capsys.readouterr().err


def test_an_edited_summary_ends_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "summary.json"
    facts = copy.deepcopy(json.loads(Path("results/summary.json").read_text()))
    facts["claims"][0]["mean"] += 1
    path.write_text(json.dumps(facts))
    assert main(["--summary", str(path)]) == 1
    assert "claims: " in capsys.readouterr().err
    path.write_text("[]")
    assert main(["--summary", str(path)]) == 2
    assert f"{path}: claims is missing" in capsys.readouterr().err
    assert main(["--summary", str(tmp_path / "none.json")]) == 2
