"""Wrong commands, links, runs and values are found, named by line and field."""

from types import SimpleNamespace

import pytest

from scripts.lib.chain import read_chain
from tests.ledger.forging import correct, lines_of, planted


@pytest.mark.parametrize(
    "command",
    [
        "python -m scripts.measure.sweep --ledger l --seeds 3",
        "python -m scripts.measure.swept --ledger l",
        "python -m scripts.nothing.there",
        "python -m antigravity",
        "python sweep.py --ledger l",
        "python -m scripts.measure.sweep --ledger 'l",
        "python -m scripts.measure.sweep --ledger l --trials many",
        "",
    ],
)
def test_a_command_that_could_not_be_given_again_is_found(honest, tmp_path, command):
    def change(bodies):
        bodies[lines_of(bodies, kind="run")[1]]["command"] = command

    findings, bodies = planted(honest, tmp_path, change)
    assert findings == {(lines_of(bodies, kind="run")[1] + 1, "command")}


def links(bodies: list[dict]) -> SimpleNamespace:
    """Positions of superseding lines, and of lines that one might wrongly name."""
    return SimpleNamespace(
        by=[n for n, body in enumerate(bodies) if body.get("supersedes")],
        waived=lines_of(bodies, kind="attempt", outcome="not_measured"),
        correct=correct(bodies),
    )


def dangling(bodies):
    bodies[links(bodies).by[2]]["supersedes"] = "ab" * 32


def foreign(bodies):
    at = links(bodies)
    bodies[at.by[2]]["supersedes"] = bodies[at.waived[-1]]["was"]


def to_a_result(bodies):
    link = bodies[links(bodies).by[2]]["supersedes"]
    waived = next(body for body in bodies if body["was"] == link)
    waived |= {"outcome": "correct", "samples": 6, "low_us": 4.9, "median_us": 5.0}
    waived |= {"high_us": 5.1, "p95_us": 5.1}


def to_one_taken(bodies):
    at = links(bodies).by[2]
    bodies.insert(at, dict(bodies[at], was="", outcome="not_measured", reason="cell_failed"))


@pytest.mark.parametrize(
    ("change", "offset"), [(dangling, 0), (foreign, 0), (to_a_result, 0), (to_one_taken, 1)]
)
def test_a_wrong_supersede_link_is_found(honest, tmp_path, change, offset):
    at = links(list(read_chain(honest))).by[2]
    findings, _ = planted(honest, tmp_path, change)
    assert findings == {(at + offset + 1, "supersedes")}


def test_a_link_that_points_forward_is_found(honest, tmp_path):
    at = links(list(read_chain(honest)))

    def change(bodies):  # the line keeps its place, what it names comes after it
        moved = next(b for b in bodies if b["was"] == bodies[at.by[-1]]["supersedes"])
        bodies.remove(moved)
        bodies.insert(at.by[-1], moved)

    findings, _ = planted(honest, tmp_path, change)
    # Its hash is made of the lines before it, so that nobody can name a line that is yet to come.
    assert (at.by[-1], "supersedes") in findings


def test_an_attempt_outside_any_run_is_found(honest, tmp_path):
    def change(bodies):
        bodies[correct(bodies)[3]]["run_id"] = "NVIDIA_H200-2026-11-20T22:29:13Z-999"

    findings, bodies = planted(honest, tmp_path, change)
    at = lines_of(bodies, run_id="NVIDIA_H200-2026-11-20T22:29:13Z-999")
    assert findings == {(at[0] + 1, "run_id")}


def test_lines_of_a_run_that_had_ended_or_stands_twice_are_found(honest, tmp_path):
    def change(bodies):
        end = bodies.pop(lines_of(bodies, kind="end")[0])
        bodies.insert(correct(bodies)[2], end)
        bodies.append(dict(bodies[0], was=""))

    findings, bodies = planted(honest, tmp_path, change)
    after = lines_of(bodies, kind="end")[0] + 1
    assert findings == {(after + 1, "run_id"), (len(bodies), "run_id")}


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("run", {"spec_hash": "0123456789abcdef"}, "spec_hash"),
        ("run", {"protocol_hash": "0123456789abcdef"}, "protocol_hash"),
        ("attempt", {"spec_hash": "0123456789abcdef"}, "spec_hash"),
        ("attempt", {"outcome": "fine"}, "outcome"),
        ("attempt", {"config_id": None}, "config_id"),
        ("attempt", {"kind": "try"}, "kind"),
        ("finals", {"us": [[1.0], [2.0]]}, "us"),
    ],
)
def test_a_wrong_value_is_found_in_its_field(honest, tmp_path, kind, values, field):
    def change(bodies):
        bodies[lines_of(bodies, kind=kind)[-1]].update(values)

    at = lines_of(list(read_chain(honest)), kind=kind)[-1] + 1
    assert (at, field) in planted(honest, tmp_path, change)[0]


def test_before_there_was_a_spec_its_hash_is_the_protocols(honest, tmp_path):
    def old(bodies, spec_of=lambda run: run["protocol_hash"]):
        for run in (bodies[n] for n in lines_of(bodies, kind="run")):
            run["spec_hash"] = spec_of(run)
            del run["conditions"], run["protocol_hash"]
        for n in lines_of(bodies, kind="attempt"):
            del bodies[n]["spec_hash"]

    assert planted(honest, tmp_path, old)[0] == set()
    (tmp_path / "forged.jsonl").unlink()
    findings, bodies = planted(
        honest, tmp_path, lambda bodies: old(bodies, lambda run: run["spec_hash"])
    )
    assert findings == {(n + 1, "spec_hash") for n in lines_of(bodies, kind="run")}
