"""Sets recorded on other machines are joined boot by boot, and only where nothing else differs."""

from __future__ import annotations

import copy

import numpy as np

from scripts.evidence.changes import boots_for, series
from scripts.evidence.collect import record
from scripts.evidence.joined import joined, sides
from scripts.evidence.tables import tables
from scripts.evidence.verdict import compare, whole_timing
from scripts.lib.files import write_json
from tests.evidence.sets import made


def of(seed: int, boot: str | None, *uuids: str) -> dict:
    """A set whose machine holds GPUs; ``boot`` None: which was not noted."""
    found = made(seed)
    found["set"]["gpu_uuid"] = uuids[0]
    if boot is not None:
        machine = {"boot": boot, "cpu": "a CPU", "gpus": [{"uuid": one} for one in uuids]}
        for row in found["set"]["provenance"]:
            row["machine"] = machine
    return found


def test_boots_of_all_and_answers_of_the_first():
    first, again = made(1), made(2)
    both = joined([first, again])
    assert both["set"]["suite"]["boots"] == 4
    for leg in first["legs"]:
        own = [series({leg: one["legs"][leg]}) for one in (first, again)]
        for key, one in series({leg: both["legs"][leg]}).items():
            assert np.array_equal(one.us, np.concatenate([part[key].us for part in own]))
        assert both["legs"][leg]["answers"] == first["legs"][leg]["answers"]
        assert whole_timing(both["legs"][leg], both["set"]["suite"])
    assert joined([first]) is first


def test_more_boots_show_less():
    third = made(3, boots=4)
    alone, together = (compare(joined(one), third) for one in ([made(1)], [made(1), made(2)]))
    assert together.visible < alone.visible


def test_a_failed_part_fails_the_whole():
    broken = copy.deepcopy(made(2))
    broken["legs"]["ours"] |= {"outcome": "crash", "reason": "killed"}
    assert joined([made(1), broken])["legs"]["ours"]["outcome"] == "crash"


def test_machines_stand_against_each_other_and_sets_of_other_premises_alone():
    held = {"a": of(1, None, "A"), "b": of(2, None, "B"), "odd": of(3, "s", "D", "E"),
            "here": of(4, "s", "D", "E"), "now": of(5, "s", "E", "D"),
            "far": of(6, "t", "F")}  # fmt: skip
    held["odd"]["set"]["premises"]["driver"] = "1.2"
    again = [("a", name) for name in held if name != "a"]
    assert list(sides(again, held)) == [
        (["a"], ["b"]),  # whether of another machine was not noted
        (["a"], ["odd"]),
        (["a", "b"], ["here", "now"]),
        (["a", "b", "here", "now"], ["far"]),
    ]
    assert list(sides([("here", "now")], held)) == [(["here"], ["now"])]


def test_tables_hold_a_re_run_against_all_sets_of_other_machines(tmp_path):
    held = {"a": of(1, None, "A"), "b": of(2, None, "B"), "now": of(5, "s", "E", "D")}
    for name, one in held.items():
        out = tmp_path / "sets" / name
        write_json(out / "set.json", one["set"])
        for leg, body in one["legs"].items():
            write_json(out / f"{leg}.json", body)
        record(out, tmp_path / name)
    found = tables([tmp_path / name for name in held], [("a", "b"), ("a", "now")])
    rows = found["evidence"].set_index("second")
    assert rows.loc["b", ["first", "machine"]].tolist() == [
        "a", "another GPU, of which machine was not noted"
    ]  # fmt: skip
    assert rows.loc["now", ["first", "machine", "boots_first", "boots_second"]].tolist() == [
        "a and b", "another machine", 4, 2
    ]  # fmt: skip


def test_as_many_boots_as_are_said_show_equality_four_times_in_five():
    """By drawing: with so many boots the two one-sided tests hold, with one fewer they do not."""
    sd, draw = 0.009, np.random.default_rng(0)
    boots = boots_for(sd, 1e6)
    assert boots_for(10.0, 5.0) is None and boots_for(1e-4, 5.0) == 2

    def power(count: int) -> float:
        shift = np.diff(draw.normal(0, sd, (2, 20_000, count)).mean(axis=2), axis=0)
        return float((abs(shift) + 1.645 * sd * np.sqrt(2 / count) < np.log(1.02)).mean())

    assert power(boots) >= 0.79 > power(boots - 1)
