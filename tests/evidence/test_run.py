"""A suite runs leg by leg, survives what befalls an engine, and goes on where it was cut off."""

from __future__ import annotations

import json

import pytest

from scripts.evidence.collect import leg_of, read_set, record
from scripts.evidence.run import in_turn
from scripts.evidence.suite import suite_of
from scripts.lib.chain import read_chain
from scripts.lib.files import InputError
from tests.evidence.plans import conditions, suite


def test_a_whole_set_holds_every_leg_with_its_kernels_times_and_answers(ran):
    assert ran["whole"]
    assert list(ran["legs"]) == ["default", "committed", "ours"]
    for leg in ran["legs"].values():
        assert leg["outcome"] == "ok", leg["reason"]
        assert len({row[0] for row in leg["kernels"]["rows"]}) == 2
        assert len(leg["kernels"]["rows"]) == 2 * 3 * 2 * 5
        assert len(leg["times"]) == 2 * 3 * 2
        assert leg["answers"].count("timeout") == 1
        assert leg["answers"].count("wrong") == 3
        assert leg["answers"].count("right") == 96
        assert leg["options"] == {"graphs": True}


def test_rounds_go_there_and_back_and_then_another_way():
    every = [(leg, str(n)) for leg in "abc" for n in range(4)]
    rounds = [in_turn(every, "legs", number) for number in range(4)]
    assert all(sorted(one) == every for one in rounds)
    assert rounds[1] == rounds[0][::-1] and rounds[3] == rounds[2][::-1]
    assert rounds[2] not in rounds[:2] and rounds[0] != every


def test_provenance_has_a_row_for_each_start_of_a_leg(ran):
    rows = ran["set"]["provenance"]
    assert [(row["leg"], row["start"], row["exit"]) for row in rows] == [
        (leg, 0, "ended") for leg in ran["legs"]
    ]
    assert all(row["seconds"] > 0 and row["command"] for row in rows)
    assert len(ran["set"]["premises"]["weights"]) == 16


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("boot:port_taken", "port_taken"), ("profile:crash", "crash"),
     ("profile:out_of_memory", "out_of_memory"), ("latency:no_space", "no_space"),
     ("profile:hang", "hang")],
)  # fmt: skip
def test_a_leg_that_fails_is_an_outcome_and_the_others_go_on(make, fault, outcome):
    found = make(suite(questions=0, boots=1, committed=fault), 1, more=("--answer-seconds", "2"))
    assert not found["whole"]
    assert found["legs"]["committed"]["outcome"] == outcome
    assert found["legs"]["committed"]["reason"]
    assert found["legs"]["default"]["outcome"] == found["legs"]["ours"]["outcome"] == "ok"


def test_a_suite_that_was_cut_off_goes_on_with_what_is_left(make, tmp_path):
    plan = suite(questions=50, boots=1)
    cut = make(plan, 1, out=tmp_path / "set", more=("--seconds", "0.01"))
    assert not cut["whole"]
    assert "ok" not in {leg["outcome"] for leg in cut["legs"].values()}
    whole = make(plan, 1, out=tmp_path / "set")
    assert whole["whole"]
    assert {leg["outcome"] for leg in whole["legs"].values()} == {"ok"}
    assert [row["start"] for row in whole["set"]["provenance"]] == [0, 1] * 3
    journal = tmp_path / "set/legs/ours/journal.jsonl"
    before = journal.read_text().count('"key":"profile')
    assert make(plan, 1, out=tmp_path / "set")["whole"]
    assert journal.read_text().count('"key":"profile') == before == 3


def test_evidence_of_another_machine_or_suite_is_never_written_over(make, tmp_path):
    plan = suite(questions=0, boots=1)
    make(plan, 1, out=tmp_path / "set")
    before = (tmp_path / "set/set.json").read_bytes()
    with pytest.raises(InputError, match="never written over"):
        make(plan, 1, conditions(driver="590.1"), out=tmp_path / "set")
    with pytest.raises(InputError, match="never written over"):
        make(suite(questions=0, boots=2), 1, out=tmp_path / "set")
    assert (tmp_path / "set/set.json").read_bytes() == before


def test_a_gap_of_the_watchdog_fails_the_leg(ran):
    plan = suite_of(suite(), "plan")
    bodies = list(read_chain(ran["out"] / "legs/ours/journal.jsonl"))
    for body in bodies:
        if body.get("key", "").startswith("watch"):
            body["result"]["until_s"] = 99.0
    found = leg_of(plan, plan.legs[2], bodies)
    assert found["outcome"] == "unwatched"
    assert found["gaps"]


def test_a_recording_leaves_out_all_that_the_command_makes_again(ran, tmp_path):
    record(ran["out"], tmp_path / "recorded")
    names = sorted(path.name for path in (tmp_path / "recorded").iterdir())
    assert names == ["committed.json.xz", "default.json.xz", "ours.json.xz", "set.json"]
    again = read_set(tmp_path / "recorded")
    assert again["legs"] == ran["legs"]
    assert json.dumps(again["set"], sort_keys=True) == json.dumps(ran["set"], sort_keys=True)
