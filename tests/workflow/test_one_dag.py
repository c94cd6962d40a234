"""Each DVC stage names the inputs, outputs and parameters of its phase's rules, and no others."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Collection, Iterable
from typing import Any

import pytest
import yaml

from tests.workflow.tree import ROOT, Clone, rules_of

pytestmark = pytest.mark.workflow

PARAMETERS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))


def stages() -> dict[str, dict[str, list[Any]]]:
    """The stages of dvc.yaml, their ``${phase.name}`` filled in from params.yaml."""

    def value(match: re.Match[str]) -> str:
        return str(functools.reduce(operator.getitem, match[1].split("."), PARAMETERS))

    filled = re.sub(r"\$\{([\w.]+)\}", value, (ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, list[Any]]] = yaml.safe_load(filled)["stages"]
    return found


STAGES = stages()


@pytest.fixture(scope="module")
def files(made: Clone) -> dict[str, tuple[str, set[str]]]:
    """Output of the workflow -> its rule and the rule's inputs."""
    lines = made.run("snakemake", "--detailed-summary").stdout.splitlines()
    rows = [line.split("\t") for line in lines if line.count("\t") == 7]
    return {row[0]: (row[2], set(row[4].split(","))) for row in rows[1:]}


def folded(names: Iterable[str], entries: Collection[str]) -> set[str]:
    """The names, those in a folder that is itself an entry of the stage replaced by the folder."""
    return {next((e for e in entries if name.startswith(f"{e}/")), name) for name in names}


@pytest.mark.parametrize("stage", STAGES)
def test_stage_depends_on_the_packages_of_its_rules(stage: str) -> None:
    rules = rules_of(stage)
    assert ("kernels" in STAGES[stage]["deps"]) == ('"kernels"' in rules)


@pytest.mark.parametrize("stage", STAGES)
def test_stage_is_its_phase(stage: str, files: dict[str, tuple[str, set[str]]]) -> None:
    made_here = {name for name, (rule, _) in files.items() if rule.startswith(f"{stage}_")}
    read = set().union(*(files[name][1] for name in made_here)) - made_here
    scripts = {name for name in read if name.startswith("scripts/")}
    entry = STAGES[stage]
    outs = {name for out in entry["outs"] + entry.get("metrics", []) for name in out}
    assert outs == folded(made_here, outs)
    code = {f"rules/{stage}.smk", f"scripts/{stage}", "scripts/lib"}
    code |= {name for name in (f"rules/{stage}",) if (ROOT / name).is_dir()}
    code |= {"kernels"} & set(entry["deps"])
    rules = rules_of(stage)
    for packages in re.findall(r"code\(([^)]*)\)", rules):
        code |= set(re.findall(r'"(scripts/\w+)"', packages))
    assert set(entry["deps"]) == folded(read - scripts, entry["deps"]) | code
    assert all(name.startswith(f"scripts/{stage}/") for name in scripts)


@pytest.mark.parametrize("stage", STAGES)
def test_stage_depends_on_the_parameters_of_its_rules(stage: str) -> None:
    rules = rules_of(stage)
    phases = set(re.findall(r'dpath="(\w+)/', rules))
    phases |= {"mine"} if "history()" in rules else set()
    phases |= {"measure"} if "measured(" in rules or "ledgers()" in rules else set()
    searched = ("study(", "tuned(", "ledgers()")
    phases |= {"tune"} if any(words in rules for words in searched) else set()
    phases |= {"space"} if "compiled()" in rules else set()
    phases |= {"statistics"} if "copies(" in rules else set()
    phases |= {"transfer"} if "rivals()" in rules else set()
    phases |= set(re.findall(r'(?:trials|cells)_of\("(\w+)/', rules))
    assert {name.split(".")[0] for name in STAGES[stage]["params"]} == phases
