"""Write dvc.yaml: a stage for each phase, as its rules say; `make stages` runs it.

A stage depends on folders where rules depend on files, so that a table more changes no stage.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from scripts.lib.files import write_text  # noqa: E402 - this file is run by its path
from scripts.lib.imports import closure  # noqa: E402

HEAD = """\
# Written by `make stages` from the rules; edit those.
# One stage per phase; Snakemake does the work, and a stage may run its own phase's rules only.
# --nolock: DVC locks the tree itself, and its lock does not outlive a killed run.
# cache: false, since `make` must leave the same state as `dvc repro`, and what is derived can be
# derived again; persist: true, since Snakemake decides what is stale. Only data/ is in the store.

stages:
"""
# Figures are in git, so in a fresh clone DVC finds them up to date, while Snakemake sees them older
# than the tables just made. The report is not in git and settles it.
ALSO_RUNS = {"report": ["figures"]}
METRICS = ("results/metrics.json",)  # of the whole summary DVC makes a table for minutes
CURVES = """\
plots:
  - regret:
      title: regret after K trials
      template: regret
      x: K
      y:
        results/figures/curves.csv: regret
"""


@dataclass(frozen=True)
class Made:
    """An output of the workflow: the rule that makes it, and that rule's inputs."""

    rule: str
    inputs: frozenset[str]


def rules_of(phase: str) -> str:
    """The text of the phase's rules."""
    files = [Path(f"rules/{phase}.smk"), *sorted(Path("rules", phase).glob("*.smk"))]
    return "".join(path.read_text(encoding="utf-8") for path in files)


def phases() -> list[str]:
    """Those with a rule of their name, in the order of the Snakefile."""
    included = re.findall(r'"rules/(\w+)\.smk"', Path("Snakefile").read_text(encoding="utf-8"))
    return [one for one in included if re.search(rf"^rule {one}:", rules_of(one), re.MULTILINE)]


def outputs() -> dict[str, Made]:
    """Every output of a whole build, by the plan of one."""
    command = ["snakemake", "--dry-run", "--forceall", "--nolock", "--quiet", "host", "reason"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    found: dict[str, Made] = {}
    for job in re.split(r"^(?:local)?rule ", done.stdout + done.stderr, flags=re.MULTILINE)[1:]:
        files = dict(re.findall(r"^    (input|output): (.+)$", job, re.MULTILINE))
        inputs = frozenset(files.get("input", "").split(", ")) - {""}
        outs = files.get("output", "").split(", ") if "output" in files else []
        found |= dict.fromkeys(outs, Made(job.partition(":")[0], inputs))
    return found


def folder(name: str) -> str:
    """What a stage names in the place of a file: the folder of a kind of records or results."""
    parts = name.split("/")
    depth = 3 if parts[:2] in (["data", "recorded"], ["results", "tables"]) else 2
    return "/".join(parts[:depth]) if parts[0] == "results" or depth == 3 else name


def shared_text() -> str:
    """What the rule files share: common.smk and the files beside it."""
    paths = [Path("rules/common.smk"), *sorted(Path("rules/common").glob("*.smk"))]
    return "".join(path.read_text(encoding="utf-8") for path in paths)


class Shared:
    """What the functions that rules share look up, also by way of each other."""

    def __init__(self) -> None:
        tree = ast.parse(shared_text())
        self.bodies = {one.name: ast.unparse(one) for one in tree.body
                       if isinstance(one, ast.FunctionDef)}  # fmt: skip

    def texts(self, text: str) -> Iterator[str]:
        """A text and the functions that it calls, each once."""
        waiting, seen = [text], {text}
        while waiting:
            one = waiting.pop()
            yield one
            called = (self.bodies[name] for name in re.findall(r"\b(\w+)\(", one)
                      if name in self.bodies)  # fmt: skip
            new = set(called) - seen
            seen |= new
            waiting += new

    def parameters(self, text: str) -> list[str]:
        """Keys of params.yaml that a rule file reads, such as ``transfer.seeds``."""
        found: set[str] = set()
        for one in self.texts(text):
            found |= set(re.findall(r"""dpath=["']([\w/]+)["']""", one))
            found |= {f"{name}/mode" for name in re.findall(r"""\bsource\(["'](\w+)["']""", one)}
        return sorted(name.replace("/", ".") for name in found)

    def registry(self, text: str) -> bool:
        """Whether a rule file asks which recordings there are."""
        return any(re.search(r"\b(recordings|measured_devices)\(", one) for one in self.texts(text))


def code_of(text: str) -> set[str]:
    """Packages that a phase's rules run."""
    commands = re.search(r"^COMMANDS = (\[.*?\])", shared_text(), re.MULTILINE | re.DOTALL)
    roots = set(re.findall(r'"(scripts/[\w/]+(?:\.py)?)"', text))
    if commands and "*COMMANDS" in text:
        roots |= set(ast.literal_eval(commands[1]))
    found = {path.parts for path in closure(Path(one) for one in roots)}
    return {"/".join(parts[: 2 if parts[0] == "scripts" else 1]) for parts in found} - {
        "scripts/__init__.py"
    }


def stage(phase: str, made: dict[str, Made], shared: Shared) -> str:
    """The phase's stage."""
    text = rules_of(phase)
    own = {name: one for name, one in made.items() if one.rule.startswith(f"{phase}_")}
    read = {name for one in own.values() for name in one.inputs} - set(own)
    deps = {folder(name) for name in read if not name.startswith("scripts/")} | code_of(text)
    deps |= {name for name in (f"rules/{phase}.smk", f"rules/{phase}") if Path(name).exists()}
    deps |= {"data/recordings.yaml"} if shared.registry(text) else set()
    runs = [name for one in (phase, *ALSO_RUNS.get(phase, ()))
            for name in re.findall(r"^rule (\w+):", rules_of(one), re.MULTILINE)]  # fmt: skip
    outs = {folder(name) for name in own}
    lines = [
        f"  {phase}:",
        "    cmd: >-",
        "      snakemake --cores all --nolock --quiet host",
        "      --allowed-rules",
        *(f"      {name}" for name in runs),
        f"      -- {phase}",
        "    params:",
        *(f"      - {name}" for name in shared.parameters(text)),
        "    deps:",
        *(f"      - {name}" for name in sorted(deps)),
        "    outs:",
        *_kept(outs.difference(METRICS)),
    ]
    if metrics := outs.intersection(METRICS):
        lines += ["    metrics:", *_kept(metrics)]
    return "\n".join(lines) + "\n"


def _kept(names: Iterable[str]) -> Iterator[str]:
    return (f"      - {name}: {{cache: false, persist: true}}" for name in sorted(names))


def _makes(phase: str, made: dict[str, Made]) -> bool:
    """Not so of a phase whose results are records by default."""
    return any(one.rule.startswith(f"{phase}_") for one in made.values())


def render() -> str:
    """The text of dvc.yaml."""
    made, shared = outputs(), Shared()
    drawn = sorted(name for name in made if re.fullmatch(r"results/figures/\w+\.png", name))
    stages = "\n".join(stage(phase, made, shared) for phase in phases() if _makes(phase, made))
    return f"{HEAD}{stages}\n{CURVES}" + "".join(f"  - {name}\n" for name in drawn)


def main() -> None:
    """Write it, unless it is the same: whoever compares times should see no change."""
    path, text = Path("dvc.yaml"), render()
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
