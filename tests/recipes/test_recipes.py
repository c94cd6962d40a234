"""CONTRIBUTING.md's recipes hold: what is added has files of its own and few lines elsewhere.

In a copy of the tree a phase with a table, a figure and a section is added, a strategy, and a
recording; then it is asked what a build would do, and their own tests run.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.lib.manifest import MANIFEST
from scripts.lib.recordings import recordings

ROOT, HERE = Path(__file__).parents[2], Path(__file__).parent
# File -> (a text in it, the same with what is added).
PHASE = {
    "Snakefile": (
        'include: "rules/tune.smk"\n',
        'include: "rules/tune.smk"\ninclude: "rules/census.smk"\n',
    ),
    "params.yaml": ("transfer:\n", "census:\n  least: 5\n\ntransfer:\n"),
    "rules/figures.smk": (
        'include: "figures/corpus.smk"\n',
        'include: "figures/corpus.smk"\ninclude: "figures/census.smk"\n',
    ),
    "scripts/report/sections/__init__.py": ('("corpus", ', '("corpus", "census", '),
}
STRATEGY = {
    "scripts/transfer/contest/everyone.py": (
        "MODULES = (\n",
        'MODULES = (\n    "scripts.transfer.strategies.smallest_tile",\n',
    )
}
MOST = 6  # lines elsewhere
AGAIN = "nvidia_h200-formats-once-more"


def edit(path: Path, old: str, new: str) -> int:
    """Put a text in the place of another; the number of lines that are new."""
    before = path.read_text(encoding="utf-8")
    assert before.count(old) == 1, f"{path}: {old!r}"
    after = before.replace(old, new)
    path.write_text(after, encoding="utf-8")
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return sum(line.startswith("+") and not line.startswith("+++") for line in lines)


def stated(thing: str) -> dict[str, int]:
    """File -> lines, as CONTRIBUTING.md has it in the row of what is added."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| a {thing}\b.*\| (none|`.*) \|$", text, re.MULTILINE)
    return {name: int(lines) for name, lines in re.findall(r"`([^`]+)`: (\d+)", row)}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree without its results and its store; the recorded files are lent."""
    copy = tmp_path_factory.mktemp("recipes")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("results/", "data/store/")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    for name in (line.split("  ")[1] for line in (ROOT / MANIFEST).read_text().splitlines()):
        if not (copy / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).symlink_to(ROOT / name)
    return copy


@pytest.fixture(scope="module")
def added(copy: Path) -> dict[str, dict[str, int]]:
    """What is added -> file -> lines."""
    found = {}
    for thing, lines in (("phase", PHASE), ("strategy", STRATEGY)):
        shutil.copytree(HERE / thing, copy, dirs_exist_ok=True)
        found[thing] = {name: edit(copy / name, *texts) for name, texts in lines.items()}
    return found | {"recording": _record(copy)}


def _record(copy: Path) -> dict[str, int]:
    """A recording's files under another name, in the registry and in the manifest."""
    (first,) = (one for one in recordings("complete") if one.name == "nvidia_h200-formats")
    manifest = (copy / MANIFEST).read_text(encoding="utf-8")
    mine = [line for line in manifest.splitlines() if f"/{first.name}/" in line]
    for name in (line.split("  ")[1] for line in mine):
        target = copy / name.replace(first.name, AGAIN)
        target.parent.mkdir(exist_ok=True)
        target.symlink_to(ROOT / name)
    listed = "".join(f"{line.replace(first.name, AGAIN)}\n" for line in mine)
    (copy / MANIFEST).write_text(manifest + listed, encoding="utf-8")
    registry = copy / "data/recordings.yaml"
    entry = re.search(
        rf"^- name: {first.name}\n(?:  .*\n)+", registry.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert entry is not None
    with registry.open("a", encoding="utf-8") as file:
        file.write("\n" + entry[0].replace(first.name, AGAIN))
    return {}


def run(copy: Path, *command: str) -> str:
    done = subprocess.run(
        command, cwd=copy, capture_output=True, text=True, check=False,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def inputs(copy: Path, added: dict[str, dict[str, int]]) -> dict[str, str]:
    """Rule -> its inputs, of a build of everything."""
    assert added
    command = ("snakemake", "--dry-run", "--forceall", "--nolock", "--quiet", "host", "reason")
    return dict(re.findall(r"^rule (\w+):\n +input: (.*)$", run(copy, *command), re.MULTILINE))


@pytest.mark.parametrize("thing", ["phase", "strategy", "recording"])
def test_few_lines_stand_elsewhere_as_is_said(added: dict[str, dict[str, int]], thing: str) -> None:
    assert added[thing] == stated(thing)
    assert sum(added[thing].values()) <= {"phase": MOST, "strategy": 1, "recording": 0}[thing]


def test_a_build_makes_table_figure_and_section(inputs: dict[str, str]) -> None:
    table, figure = "results/tables/census/census.parquet", "results/figures/census.svg"
    assert "data/recorded/history.parquet" in inputs["census_count"]
    for rule in ("figures_census", "report_summary", "report_html"):
        assert table in inputs[rule], rule
    assert figure in inputs["report_html"]
    assert table in inputs["all"] and figure in inputs["all"]


def test_the_rules_that_read_a_recording_read_the_new_one_too(inputs: dict[str, str]) -> None:
    first, second = "/nvidia_h200-formats/", f"/{AGAIN}/"
    reading = {rule for rule, files in inputs.items() if first in files}
    assert {"transfer_evaluate", "sim_evaluate", "statistics_recorded"} <= reading
    assert {rule for rule, files in inputs.items() if second in files} == reading


def test_what_was_added_passes_its_own_tests(copy: Path, added: dict[str, dict[str, int]]) -> None:
    assert added
    own = [path.relative_to(HERE / thing) for thing in ("phase", "strategy")
           for path in sorted((HERE / thing).rglob("test_*.py"))]  # fmt: skip
    said = run(copy, "pytest", "-q", "-p", "no:cacheprovider", *map(str, own),
               "tests/test_boundaries.py")  # fmt: skip
    assert "100%" in said
