"""A second GPU is entries of the registry and files of data; nothing else is edited."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.workflow.tree import ROOT, Clone

pytestmark = pytest.mark.workflow

FIRST, SECOND = "nvidia_h200", "nvidia_h100"
DEVICE = "NVIDIA_H100_80GB_HBM3"
MANIFEST = Path("data/recorded/SHA256SUMS")


@pytest.fixture(scope="module")
def clone(cloned: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which the first GPU's records lie once more, as those of another."""
    one = cloned.copy(tmp_path_factory.mktemp("second") / "copy")
    lines = (ROOT / MANIFEST).read_text(encoding="utf-8").splitlines()
    for name in (line.split("  ")[1] for line in lines):
        for target in {name, name.replace(FIRST, SECOND)}:
            (one.path / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, one.path / target)
    again = [line.replace(FIRST, SECOND) for line in lines if FIRST in line]
    (one.path / MANIFEST).write_text("\n".join([*lines, *again]) + "\n", encoding="utf-8")
    registry = one.path / "data/recordings.yaml"
    entries = yaml.safe_load(registry.read_text(encoding="utf-8"))
    more = [
        {key: _renamed(value) for key, value in entry.items()} | {"device": DEVICE}
        for entry in entries
        if FIRST in entry["name"]
    ]
    registry.write_text(yaml.safe_dump([*entries, *more], sort_keys=False), encoding="utf-8")
    return one


def _renamed(value: object) -> object:
    return value.replace(FIRST, SECOND) if isinstance(value, str) else value


def inputs(clone: Clone) -> dict[str, str]:
    """Rule -> its inputs, of a build of everything."""
    plan = clone.run("snakemake", "--dry-run", "--forceall", "--quiet", "host", "reason").stdout
    return dict(re.findall(r"^rule (\w+):\n +input: (.*)$", plan, re.MULTILINE))


def test_every_rule_that_reads_records_reads_the_second_gpus(clone: Clone) -> None:
    found = inputs(clone)
    reading = {rule for rule, files in found.items() if f"/{FIRST}" in files}
    assert reading
    assert {rule for rule in reading if f"/{SECOND}" not in found[rule]} == set()


def test_its_spaces_are_read_where_the_first_gpus_are(clone: Clone) -> None:
    found = inputs(clone)
    spaces = {
        rule for rule, files in found.items() if "results/tables/space/NVIDIA_H200-fp16" in files
    }
    assert spaces
    for rule in spaces:
        assert f"results/tables/space/{DEVICE}-bf16.parquet" in found[rule], rule


def test_a_gpu_without_a_space_is_named(clone: Clone, tmp_path: Path) -> None:
    copy = clone.copy(tmp_path / "copy")
    registry = copy.path / "data/recordings.yaml"
    text = registry.read_text(encoding="utf-8").replace(DEVICE, "NVIDIA_L40S")
    registry.write_text(text, encoding="utf-8")
    refused = copy.run("snakemake", "--dry-run", status=None).stdout
    assert "space.targets: lacks NVIDIA_L40S" in refused
