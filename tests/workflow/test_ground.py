"""Configuration, stages, environments and stores agree with each other."""

from __future__ import annotations

import configparser
import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from scripts.lib.params import params_schema
from tests.workflow.tree import FLOW, ROOT, rules_of

PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
SCHEMA = params_schema(ROOT / "rules/schemas")
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


def objects(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of all objects that the schema describes."""
    if schema.get("type") == "object" and "properties" in schema:  # not a mapping of free names
        yield path
        for name, part in schema["properties"].items():
            yield from objects(part, (*path, name))


def at(value: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for name in path:
        value = value[name]
    return value


def test_params_are_valid() -> None:
    jsonschema.validate(PARAMS, SCHEMA)


@pytest.mark.parametrize("path", list(objects(SCHEMA)), ids=".".join)
def test_unknown_and_missing_keys_are_errors(path: tuple[str, ...]) -> None:
    unknown = copy.deepcopy(PARAMS)
    at(unknown, path)["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError, match="surprise"):
        jsonschema.validate(unknown, SCHEMA)
    for name in at(PARAMS, path):
        missing = copy.deepcopy(PARAMS)
        del at(missing, path)[name]
        with pytest.raises(jsonschema.ValidationError, match=name):
            jsonschema.validate(missing, SCHEMA)


def test_one_key_per_phase() -> None:
    assert set(PARAMS) <= set(FLOW)


def test_every_parameter_is_used() -> None:
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "rules").rglob("*.smk"))
    for phase, values in PARAMS.items():
        for name in values:
            used = f"{phase}/{name}" in rules or (name == "mode" and "{phase}/mode" in rules)
            assert used, f"{phase}.{name}"


@pytest.mark.parametrize("stage", STAGES)
def test_stage_may_run_the_rules_of_its_phase(stage: str) -> None:
    found = {phase: re.findall(r"^rule (\w+):", rules_of(phase), re.MULTILINE) for phase in STAGES}
    command = STAGES[stage]["cmd"]
    allowed = set(command.split("--allowed-rules ")[1].split(" -- ")[0].split())
    # Figures are in git, so DVC may find them up to date where Snakemake sees them older than
    # the tables; the report is not in git and settles that.
    expected = found[stage] + (found["figures"] if stage == "report" else [])
    assert allowed == set(expected)


@pytest.mark.parametrize("stage", STAGES)
def test_outputs_stay_out_of_the_store(stage: str) -> None:
    """Derived files are derived again; only recorded ones travel."""
    entry = STAGES[stage]
    for out in entry["outs"] + entry.get("metrics", []) + entry.get("plots", []):
        (options,) = out.values()
        assert options["cache"] is False
        assert options["persist"] is True


def test_every_remote_verifies() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / ".dvc" / "config")
    remotes = [name for name in config.sections() if "remote" in name]
    assert remotes
    for name in remotes:
        assert config[name]["verify"] == "true"


def locked() -> dict[str, str]:
    lines = (ROOT / "envs/analysis.lock.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines)


def test_lock_pins_versions_and_nothing_else() -> None:
    text = (ROOT / "envs/analysis.lock.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==[a-z0-9.]+", line), line


def test_what_is_asked_for_is_locked() -> None:
    lines = (ROOT / "envs/analysis.in").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if not line.startswith("#"):
            name, version = re.sub(r"\[.*\]", "", line).split("==")
            assert locked()[name] == version


def test_conda_form_has_the_locked_versions() -> None:
    entries = yaml.safe_load((ROOT / "envs/analysis.yaml").read_text(encoding="utf-8"))
    for entry in entries["dependencies"]:
        name, version = entry.split("=")
        if name != "python":
            assert locked()[name] == version


def test_code_above_the_rules_has_no_rule_and_no_function() -> None:
    for path in [Path(ROOT / "Snakefile"), *(ROOT / "rules").rglob("*.smk")]:
        text = path.read_text(encoding="utf-8")
        has_functions = bool(re.search(r"^ *def ", text, re.MULTILINE))
        assert has_functions == ("common" in (path.stem, path.parent.name)), path
