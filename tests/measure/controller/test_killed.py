"""Kill -9 at 30 random moments of a sweep of interpreter cells."""

import json
import subprocess
import sys
from collections import Counter

import pytest

from scripts.lib.chain import read_chain
from tests.measure.killing import CELLS, CONFIGS

KILLS = 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-m", "tests.measure.killing", str(where), str(KILLS)]
    subprocess.run(command, check=True, timeout=300, capture_output=True)
    return where


@pytest.fixture(scope="module")
def result(folder):
    return json.loads((folder / "rounds.json").read_text())


def test_every_kill_found_the_sweep_at_work(result):
    assert [r["killed"] for r in result["rounds"]] == [True] * KILLS


def test_none_is_lost_but_the_one_in_flight(result):
    lost = [r["lost"] for r in result["rounds"]]
    assert all(len(trials) <= 1 for trials in lost)
    assert sum(map(len, lost)) >= 5  # many of the moments were in the middle of a trial


def test_after_resuming_the_chain_holds_and_no_trial_is_there_twice(folder, result):
    assert result["status"] == 0
    bodies = list(read_chain(folder / "ledger.jsonl"))  # raises where the chain does not hold
    attempts = Counter((b["cell_id"], b["config_id"]) for b in bodies if b["kind"] == "attempt")
    assert attempts == {(cell, config): 1 for cell in CELLS for config in CONFIGS}
    assert Counter(b["cell_id"] for b in bodies if b["kind"] == "cell") == dict.fromkeys(CELLS, 1)


def test_the_worker_ran_again_only_what_a_kill_had_interrupted(folder, result):
    begun = Counter((folder / "begun").read_text().splitlines())
    lost = sum(len(r["lost"]) for r in result["rounds"])
    assert sum(begun.values()) == len(CELLS) * len(CONFIGS) + lost
