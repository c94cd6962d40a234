"""A changed parameter or module reruns its phase and what follows, and nothing before."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.lib.imports import closure
from tests.workflow.reach import Reach, phases_of
from tests.workflow.tree import Clone, code_of_rules

pytestmark = pytest.mark.workflow

JOB = re.compile(r"^rule (\w+):", re.MULTILINE)


@pytest.fixture(scope="module")
def clone(made: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A built clone in which nothing is ever built again; what a test edits, it puts back."""
    copy = made.copy(tmp_path_factory.mktemp("staleness") / "copy")
    (copy.path / "data" / "other.yaml").write_text("models: []\n", encoding="utf-8")
    return copy


@contextlib.contextmanager
def edited(path: Path, text: str) -> Iterator[None]:
    """The file with another content; then as it was, its times included."""
    before, times = path.read_bytes(), path.stat()
    path.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def with_comment(path: Path) -> contextlib.AbstractContextManager[None]:
    return edited(path, path.read_text(encoding="utf-8") + "# changed\n")


def with_parameter(
    clone: Clone, phase: str, name: str, value: Any
) -> contextlib.AbstractContextManager[None]:
    path = clone.path / "params.yaml"
    params = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert params[phase][name] != value
    params[phase][name] = value
    return edited(path, yaml.safe_dump(params))


def stages_with_changed(clone: Clone, what: str) -> set[str]:
    """Stages of which DVC says that a dependency whose name begins with ``what`` changed."""
    status = json.loads(clone.run("dvc", "status", "--json").stdout.splitlines()[-1])
    return {
        stage
        for stage, changes in status.items()
        for change in changes
        if isinstance(change, dict)
        and any(name.startswith(what) for name in change.get("changed deps", {}))
    }


@pytest.fixture(scope="module")
def reach(clone: Clone) -> Reach:
    with contextlib.chdir(clone.path):
        return Reach()


@pytest.mark.parametrize(
    ("phase", "name", "value"),
    [
        ("mine", "mode", "live"),
        ("corpus", "models", "data/other.yaml"),
        ("space", "all_committed", False),
        ("sim", "seed", 2),
        ("transfer", "seeds", 7),
        ("measure", "mode", "live"),
        ("statistics", "resamples", 500),
        ("figures", "sources", ["NVIDIA_B200"]),
    ],
)
def test_changed_parameter(clone: Clone, reach: Reach, phase: str, name: str, value: Any) -> None:
    asking = reach.asking(f"{phase}.{name}")
    assert asking
    with with_parameter(clone, phase, name, value):
        assert clone.planned() == {phase} | reach.after(asking)
        assert stages_with_changed(clone, "params.yaml") == phases_of(asking)


def test_changed_spec_stops_everything_until_it_is_locked(
    made: Clone, reach: Reach, tmp_path: Path
) -> None:
    clone = made.copy(tmp_path / "copy")
    path = clone.path / "data" / "spec.yaml"
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    spec |= {"version": spec["version"] + 1, "win_margin": 0.02}
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    refused = clone.run("snakemake", "--dry-run", status=None)
    assert "a change is a new version with a reason" in refused.stdout
    clone.run("python", "-m", "scripts.ledger.spec", "--reason", "for the test")
    judging = reach.reading("data/spec.yaml")
    assert clone.planned() == reach.after(judging)
    assert stages_with_changed(clone, "data/spec") == phases_of(judging)


@pytest.fixture(scope="module")
def every(clone: Clone) -> set[str]:
    """The rules of a whole build."""
    dry = clone.run("snakemake", "--dry-run", "--forceall", "--quiet", "host").stdout
    return set(JOB.findall(dry))


def importers(clone: Clone, every: set[str], module: str) -> set[str]:
    """The rules of a build whose code is the module too, by the imports in the clone."""
    with contextlib.chdir(clone.path):
        return {
            rule
            for rule, roots in code_of_rules().items()
            if rule in every and Path(module) in closure(Path(root) for root in roots)
        }


@pytest.mark.parametrize(
    "module",
    [
        "kernels/formats.py",
        "scripts/claims/exits.py",
        "scripts/figures/style.py",
        "scripts/ledger/checks/command.py",
        "scripts/measure/sweep.py",  # of it the ledgers hold commands
        "scripts/report/sections/cost.md.j2",
        "scripts/sim/facts.py",
        "scripts/transfer/lessons.py",
    ],
)
def test_changed_code_makes_the_rules_stale_that_import_it(
    clone: Clone, every: set[str], module: str
) -> None:
    wanted = importers(clone, every, module)
    assert wanted
    with edited(clone.path / module, (clone.path / module).read_text(encoding="utf-8") + "\n"):
        dry = clone.run("snakemake", "--dry-run", "--quiet", "host").stdout
    # Of a rule whose inputs are made anew too, Snakemake names that reason only.
    planned = set(JOB.findall(dry))
    listed = re.search(r"params have changed since last execution:\n +(.*)", dry)
    changed = set(listed[1].split(", ")) if listed else set()
    assert changed
    assert changed <= wanted <= planned


def test_changed_shared_code_reaches_everything(clone: Clone, reach: Reach) -> None:
    with with_comment(clone.path / "scripts" / "lib" / "__init__.py"):
        assert clone.planned() == reach.phases
        assert stages_with_changed(clone, "scripts/") == reach.phases


def test_what_was_put_back_is_no_change(clone: Clone) -> None:
    with with_comment(clone.path / "scripts" / "lib" / "__init__.py"):
        pass
    assert clone.planned() == set()
    assert stages_with_changed(clone, "") == set()


def test_new_times_alone_are_no_change(made: Clone, tmp_path: Path) -> None:
    clone = made.copy(tmp_path / "copy")
    for path in [*clone.path.glob("data/recorded/**/*.parquet"), *clone.path.rglob("scripts/*.py")]:
        path.touch()
    assert clone.planned() == set()
