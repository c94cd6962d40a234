"""Measured values that stand in a second place are found, named by line and field."""

import pytest

from scripts.ledger.scan import report
from scripts.lib.chain import read_chain
from tests.ledger.forging import OTHER, correct, lines_of, planted
from tests.measure.bench import CONFIGS


def test_a_replayed_attempt_is_found_under_another_config_and_cell(honest, tmp_path):
    def change(bodies):
        source = bodies[correct(bodies)[1]]
        target = bodies[lines_of(bodies, kind="attempt", outcome="correct", cell_id=OTHER)[2]]
        for name in ("median_us", "p95_us", "low_us", "high_us"):
            target[name] = source[name]

    findings, bodies = planted(honest, tmp_path, change)
    at = lines_of(bodies, kind="attempt", outcome="correct", cell_id=OTHER)[2]
    assert findings == {(at + 1, "median_us")}


def test_a_replay_of_a_slow_configs_two_samples_is_found_by_its_seconds(honest, tmp_path):
    def change(bodies):
        one, other = (bodies[n] for n in correct(bodies)[2:4])
        for body in (one, other):
            body.update(samples=2, median_us=40.0, low_us=39.9, high_us=40.1, p95_us=40.09)

    findings, _ = planted(honest, tmp_path, change)
    assert findings == set()

    def same_seconds(bodies):
        change(bodies)
        one, other = (bodies[n] for n in correct(bodies)[2:4])
        other["gpu_seconds"] = one["gpu_seconds"]

    (tmp_path / "forged.jsonl").unlink()
    findings, bodies = planted(honest, tmp_path, same_seconds)
    assert findings == {(correct(bodies)[3] + 1, "median_us")}


def test_a_second_recording_that_repeats_the_first_is_found(honest, tmp_path):
    again = tmp_path / "again.jsonl"
    again.write_bytes(honest.read_bytes())
    findings = report([honest, again])["findings"]
    assert {one["ledger"] for one in findings} == {again.as_posix()}
    attempts = [n for n, body in enumerate(read_chain(again), 1) if body.get("median_us")]
    assert {one["line"] for one in findings} >= set(attempts) - {
        n for n, body in enumerate(read_chain(again), 1) if body["kind"] == "anchor"
    }


def test_a_duplicated_attempt_is_found(honest, tmp_path):
    def change(bodies):
        at = lines_of(bodies, kind="attempt", outcome="runtime_error", cell_id=OTHER)[0]
        bodies.insert(at + 2, dict(bodies[at]) | {"supersedes": None})

    findings, bodies = planted(honest, tmp_path, change)
    twice = lines_of(bodies, kind="attempt", outcome="runtime_error", cell_id=OTHER)[1]
    assert findings == {(twice + 1, "config_id")}


@pytest.mark.parametrize("baseline", ["committed_id", "anchor_id"])
def test_a_baselines_value_passed_off_as_a_candidates_is_found(honest, tmp_path, baseline):
    def change(bodies):
        for n in lines_of(bodies, kind="cell"):
            bodies[n][baseline] = CONFIGS[0]
        first, *others = correct(bodies)
        assert bodies[first]["config_id"] == CONFIGS[0]
        for name in ("median_us", "low_us", "high_us"):  # a p95 of its own
            bodies[others[2]][name] = bodies[first][name]
        bodies[others[2]]["p95_us"] = bodies[first]["p95_us"] + 0.5

    findings, bodies = planted(honest, tmp_path, change)
    assert findings == {(correct(bodies)[3] + 1, "median_us")}


def test_a_baselines_median_alone_lies_outside_the_attempts_own_interval(honest, tmp_path):
    def change(bodies):
        first, *others = correct(bodies)
        bodies[others[2]]["median_us"] = bodies[first]["median_us"]

    findings, bodies = planted(honest, tmp_path, change)
    assert findings == {(correct(bodies)[3] + 1, "median_us")}


def test_finals_with_one_slots_samples_in_another_are_found(honest, tmp_path):
    def change(bodies):
        for row in bodies[lines_of(bodies, kind="finals")[1]]["us"][:5]:
            row[2] = row[0]

    findings, bodies = planted(honest, tmp_path, change)
    assert findings == {(lines_of(bodies, kind="finals")[1] + 1, "us")}


def test_samples_of_earlier_finals_are_found_again(honest, tmp_path):
    def change(bodies):
        one, other = lines_of(bodies, kind="finals")[:2]
        slot = bodies[other]["slots"].index(bodies[one]["slots"][0])
        for row, old in zip(bodies[other]["us"], bodies[one]["us"], strict=True):
            row[slot] = old[0]

    findings, bodies = planted(honest, tmp_path, change)
    assert findings == {(lines_of(bodies, kind="finals")[1] + 1, "us")}
