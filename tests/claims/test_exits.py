"""E1-E6: exit conditions, on planted tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from scripts.claims.exits import RULES, VERDICTS, Study, can_be_given, judge_exits
from scripts.claims.guardrail import MOST_LISTED, Evidence, Guardrail
from scripts.lib.provenance import upstream_commit
from scripts.lib.spec import read_spec
from scripts.statistics.bootstrap import Plan
from scripts.statistics.false_wins import false_wins, twins_by_dataset
from tests.statistics.test_spread import cell, finals

UPSTREAM = Path("data/upstream.yaml")


def study(folder: Path) -> Study:
    paths = {"upstream": UPSTREAM}
    for name in ("history", "coverage", "gaps", "rates", "false_wins", "ledger"):
        paths[name] = folder / f"results-{name}"
        paths[name].write_text(name)
    ends = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 9}
    pair = {"source": "A", "target": "B"}
    return Study(
        paths=paths,
        history=pd.DataFrame({"pinned_commit": [upstream_commit(UPSTREAM)], "file": ["f"]}),
        coverage=pd.DataFrame(
            {"cell_id": ["c", "d"], "committed": [True, False], "reason": [None, "cell_failed"]}
        ),
        gaps=pd.DataFrame([pair | ends | {"metric": "gap_days_last"}]),
        rates=pd.DataFrame(
            [pair | ends | {"strategy": "S1", "K": 1, "metric": m} for m in VERDICTS]
        ),
        false_wins=pd.DataFrame(
            [{"device": "B", "dataset": "all", "metric": "false_win"} | ends | {"high": 0.019}]
        ),
        ledger={"ledgers": [{"ledger": "l", "lines": 3}], "findings": []},
    )


def judged(one: Study, *others: Guardrail) -> dict[str, Guardrail]:
    return {g.name: g for g in judge_exits(one, read_spec(), ["B"], others)}


def test_all_hold_on_sound_tables(tmp_path: Path) -> None:
    found = judged(study(tmp_path))
    assert list(found) == list(RULES)
    assert {name: list(one.findings) for name, one in found.items()} == {n: [] for n in RULES}


def edit(table: str, column: str, value: object) -> Callable[[Study], Study]:
    def change(one: Study) -> Study:
        frame = getattr(one, table).copy()
        frame[column] = frame[column].astype(object)
        frame.loc[0, column] = value
        return dataclasses.replace(one, **{table: frame})

    return change


def finding(one: Study) -> Study:
    line = {"ledger": "l", "line": 2, "field": "body", "problem": "was edited", "fix": "restore it"}
    return dataclasses.replace(one, ledger={"ledgers": [], "findings": [line]})


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("E1", edit("history", "pinned_commit", "0" * 40), "pinned_commit is 000"),
        ("E1", lambda one: dataclasses.replace(one, history=one.history[:0]), "holds no row"),
        ("E2", edit("coverage", "committed", False), "c: committed: did not run"),
        ("E3", edit("rates", "low", float("nan")), "without an interval"),
        ("E3", edit("gaps", "high", float("nan")), "without an interval"),
        ("E3", lambda one: dataclasses.replace(one, rates=one.rates[1:]), "metric win is missing"),
        ("E3", lambda one: dataclasses.replace(one, gaps=one.gaps[:0]), "holds no pair into B"),
        ("E4", edit("false_wins", "high", 0.021), "the spec allows"),
        ("E4", edit("false_wins", "high", float("nan")), "the spec allows"),
        ("E4", edit("false_wins", "dataset", "one"), "no row of all datasets"),
        ("E5", finding, "l:2: body: was edited"),
    ],
)
def test_each_condition_fires(
    tmp_path: Path, name: str, change: Callable[[Study], Study], says: str
) -> None:
    found = judged(change(study(tmp_path)))
    assert any(says in one for one in found[name].findings)
    assert not any(one.findings for other, one in found.items() if other != name)


def test_a_bad_recording_fires_e4_among_good_ones(tmp_path: Path) -> None:
    """Identical slots of which one is slower in one of ten cells; enough good pairs dilute it."""
    good = finals({cell(number): 1.0 for number in range(1900)}, rounds=6).assign(dataset="good")
    levels = {cell(number): 0.9 if number % 10 == 0 else 1.0 for number in range(100)}
    bad = finals(levels, rounds=6).assign(dataset="bad")
    sound = study(tmp_path)

    def found(*parts: pd.DataFrame) -> list[str]:
        twins = twins_by_dataset(pd.concat(parts), 0.01, 0.95)
        table = false_wins(twins, Plan(resamples=300))
        return list(judged(dataclasses.replace(sound, false_wins=table))["E4"].findings)

    assert not found(good)
    assert [one for one in found(good, bad) if "bad false_win: at least" in one]


def test_an_edited_record_fires_e5(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = tmp_path / "SHA256SUMS"
    manifest.write_text(f"{'0' * 64}  data/upstream.yaml\n")
    monkeypatch.setattr("scripts.claims.exits.read_manifest", lambda: {"data/upstream.yaml": "0"})
    assert "not listed in" in judged(study(tmp_path))["E5"].findings[0]


def test_evidence_that_cannot_be_had_fires_e6(tmp_path: Path) -> None:
    missing = Evidence(tmp_path / "gone", "python -m scripts.nobody", "is not there")
    found = judged(study(tmp_path), Guardrail("G0", "rule", [missing], []))["E6"].findings
    assert any("scripts.nobody" in one for one in found)
    assert any("gone: not found" in one for one in found)
    bare = judged(study(tmp_path), Guardrail("G0", "rule", [], []))["E6"].findings
    assert bare == ["G0: evidence: there is none"]


def test_findings_are_listed_up_to_a_limit() -> None:
    one = Guardrail("G0", "rule", [], [str(n) for n in range(MOST_LISTED + 3)]).to_json()
    assert one["pass"] is False
    assert len(one["findings"]) == MOST_LISTED + 1
    assert one["findings"][-1] == "… and 3 more of them"


@pytest.mark.parametrize(
    ("command", "can"),
    [
        ("make results/tables/statistics/rates.parquet", True),
        ("python -m scripts.lib.manifest check", True),
        ("python -m scripts.nobody", False),
        ("python -m scripts.nobody.there", False),
        ("make everything nice", False),
        ("rm -r results", False),
    ],
)
def test_what_command_can_be_given(command: str, can: bool) -> None:
    assert can_be_given(command) is can
