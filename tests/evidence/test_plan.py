"""What people write of a suite becomes the JSON that a run takes, or one clear line of error."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from scripts.evidence import plan
from scripts.evidence.machine import digest, exists, is_on, rows_of
from scripts.evidence.suite import Option, suite_of
from scripts.lib.files import InputError, read_yaml, write_json

SUITES = sorted(Path("data/suites").glob("*.yaml"))
FILE = "E=8,N=3584,device_name=NVIDIA_H200.json"


@pytest.fixture(autouse=True)
def a_built_file(tmp_path_factory, monkeypatch):
    """A checkout with a config file in results/configs, which only a build puts there."""
    place = tmp_path_factory.mktemp("checkout")
    (place / "data").symlink_to(Path("data").resolve())
    write_json(place / "results/configs/vllm" / FILE, {"16": {"BLOCK_SIZE_M": 64}})
    monkeypatch.chdir(place)


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_every_suite_of_the_repository_can_be_planned(path, tmp_path):
    out = tmp_path / "suite.json"
    assert plan.main(["--suite", str(path), "--out", str(out)]) == 0
    suite = suite_of(json.loads(out.read_text()), "plan")
    assert len(suite.legs) >= 2 and suite.boots >= 2
    assert all(leg.answering is not None for leg in suite.legs)


def written() -> dict:
    return copy.deepcopy(read_yaml(Path("data/suites/moe_configs.yaml")))


def test_the_rows_of_a_leg_stand_under_both_models_names():
    made = plan.planned(written(), "suite")
    default, committed, ours = made["legs"]
    assert default["files"] == [FILE, "E=8,N=64,device_name=NVIDIA_H200.json"]
    assert default["rows"]["16"]["BLOCK_SIZE_M"] == 16
    assert committed["rows"] == {"shipped": default["files"][0]}
    file = Path("results/configs/vllm") / default["files"][0]
    assert ours["rows"] == json.loads(file.read_text())
    suite = suite_of(made, "suite")
    own = {default["files"][0]: {"1": {"BLOCK_SIZE_M": 32}}}
    assert rows_of(suite.legs[1], own) == {"1": {"BLOCK_SIZE_M": 32}}
    with pytest.raises(InputError, match="ships no"):
        rows_of(suite.legs[1], {})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"legs": []}, "legs: there is none"),
        ({"boots": 0}, "boots: 0; a whole number from 1"),
        ({"repeats": "many"}, "repeats: 'many'"),
        ({"profile": {"batch": 1}}, "profile: wants batch, input, steps"),
        ({"legs": [{"name": "a"}, {"name": "a"}]}, "a name stands twice"),
        ({"legs": [{"name": "A b"}]}, "name: 'A b'"),
        ({"legs": [{"name": "a", "config": "default"}]}, "config"),
        (
            {"legs": [{"name": "a", "configs": "nowhere"}]},
            "not found; default, shipped",
        ),
        ({"legs": [{"name": "a", "switches": {"moe": 1}}]}, "moe: no such field"),
        ({"colour": "red"}, "colour: no such field"),
        ({"options": [{"name": "x", "source": "wish", "key": "k"}]}, "source: one of"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(change, said):
    with pytest.raises(InputError, match=said):
        plan.planned({**written(), **change}, "suite.yaml")


def test_a_file_without_a_model_says_where_examples_are():
    with pytest.raises(InputError, match="data/suites/"):
        plan.planned({"name": "x"}, "suite.yaml")


@pytest.mark.parametrize("held", ["null", "3", '["a", 1]', '{"name": "x"}'])
def test_json_that_is_no_planned_suite_is_refused(tmp_path, held):
    (tmp_path / "suite.json").write_text(held)
    with pytest.raises(InputError, match=r"suite.json: (holds no JSON object|lacks device, legs)"):
        plan.read_plan(tmp_path / "suite.json")


def test_an_option_exists_if_the_engines_source_has_it(tmp_path):
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine/arg_utils.py").write_text("class A:\n    fast_path: bool = True\n")
    (tmp_path / "envs.py").write_text('{"VLLM_FAST": 1}')
    assert exists(Option("a", "argument", "fast_path"), tmp_path)
    assert not exists(Option("a", "argument", "fast"), tmp_path)
    assert exists(Option("a", "environment", "VLLM_FAST"), tmp_path)
    assert not exists(Option("a", "environment", "VLLM_FASTER"), tmp_path)
    assert not exists(Option("a", "environment", "VLLM_FAST"), tmp_path / "nowhere")


def test_an_option_is_on_by_what_the_boot_says_or_was_given():
    leg = suite_of(plan.planned(written(), "suite"), "suite").legs[0]
    graphs = Option("graphs", "argument", "enforce_eager", "graph_mode", ("NONE",))
    assert is_on(graphs, leg, {"graph_mode": "FULL"})
    assert not is_on(graphs, leg, {"graph_mode": "NONE"})
    assert not is_on(graphs, leg, {})
    assert not is_on(Option("x", "environment", "VLLM_X"), leg, {})


def test_a_digest_does_not_depend_on_the_order_of_keys():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})
