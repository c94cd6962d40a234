"""What a run's line says of the code, and that it says it or the run does not begin."""

import json
import subprocess

import pytest

from scripts.lib.budget import Budget
from scripts.lib.files import InputError
from scripts.lib.spec import spec_hash
from scripts.measure.conditions import Conditions
from scripts.measure.controller.records import NO_LIMIT, commit, kernel_hash, key_of, run_line
from scripts.measure.protocol import Protocol


def test_the_commit_is_the_clones(monkeypatch, tmp_path):
    monkeypatch.delenv("GRAPHX_COMMIT")
    monkeypatch.chdir(tmp_path)
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "one"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *identity, *words], check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert commit() == head.stdout.strip()


def test_a_copied_tree_names_its_commit_or_measures_nothing(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit().startswith("0123456789abcdef")
    monkeypatch.delenv("GRAPHX_COMMIT")
    with pytest.raises(InputError, match="run with GRAPHX_COMMIT="):
        commit()


def test_the_kernel_hash_follows_every_source(tmp_path):
    (tmp_path / "a.py").write_text("one")
    first = kernel_hash(tmp_path)
    (tmp_path / "b.py").write_text("two")
    second = kernel_hash(tmp_path)
    (tmp_path / "a.py").write_text("uno")
    assert len({first, second, kernel_hash(tmp_path)}) == 3


def test_a_runs_line_holds_its_provenance():
    conditions = Conditions(profile="zipf", scope="layer")
    line = run_line("r", Protocol(), conditions, Budget(NO_LIMIT), {"uuid": "GPU-1"})
    assert line["spec_hash"] == spec_hash()
    assert line["protocol_hash"] == Protocol().hash
    assert line["kernel_hash"] == kernel_hash()
    assert (line["routing"], line["gpu"]) == ("zipf", {"uuid": "GPU-1"})
    assert line["conditions"]["scope"] == "layer"
    assert line["budget"] == {"trials": None, "gpu_seconds": None}
    assert line["packages"]["numpy"] != "absent"


def test_the_key_of_a_run_is_in_its_line_as_json_gives_it_back():
    conditions = Conditions()
    line = run_line("r", Protocol(), conditions, Budget(3, 1.5), {})
    read = json.loads(json.dumps(line))
    assert all(read[name] == value for name, value in key_of(Protocol(), conditions).items())
    assert read["budget"] == {"trials": 3, "gpu_seconds": 1.5}
