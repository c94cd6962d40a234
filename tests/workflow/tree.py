"""Clones of this tree, commands run in them, and what they hold afterwards."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
# The phases, in the order in which the Snakefile includes them.
FLOW = tuple(
    name
    for name in re.findall(r'"rules/(\w+)\.smk"', (ROOT / "Snakefile").read_text(encoding="utf-8"))
    if name != "common"
)
IDENTITY = ("-c", "user.name=test", "-c", "user.email=test@localhost")

_JOB = re.compile(r"^([a-z]+)_\w+ +\d+$", re.MULTILINE)
# What the calling make, git hook or DVC stage would otherwise tell the commands under test.
_INHERITED = (
    "MAKE",
    "MFLAGS",
    "GIT_",
    "DVC_",
    "SNAKEMAKE_",
    "PYTEST_",
    "TRITON_",
    "GRAPHX_",
    "OMP_",  # of tests, see tests/conftest.py
    "PYTHONDONTWRITEBYTECODE",
)


def rule_files(phase: str) -> list[Path]:
    """The phase's rule file, and those that it includes."""
    return [ROOT / f"rules/{phase}.smk", *sorted((ROOT / "rules" / phase).glob("*.smk"))]


def rules_of(phase: str) -> str:
    """Their text."""
    return "".join(path.read_text(encoding="utf-8") for path in rule_files(phase))


def code_of_rules() -> dict[str, list[str]]:
    """Rule -> the modules and folders from which its code is followed."""
    commands = re.search(r"^COMMANDS = \[(.*?)\]", rules_of("common"), re.MULTILINE | re.DOTALL)
    assert commands is not None
    found = {}
    for phase in FLOW:
        for text in re.split(r"^rule ", rules_of(phase), flags=re.MULTILINE)[1:]:
            if code := re.search(r"code=code\((.*?)\)", text, re.DOTALL):
                named = code[1].replace("*COMMANDS", commands[1])
                found[text.partition(":")[0]] = re.findall(r'"([^"]+)"', named)
    return found


def outputs_of(folder: Path, stage: str) -> list[Path]:
    """What a stage of dvc.yaml writes, its metrics included."""
    described = yaml.safe_load((folder / "dvc.yaml").read_text(encoding="utf-8"))["stages"][stage]
    names = [*described.get("outs", []), *described.get("metrics", [])]
    return [folder / next(iter(name)) for name in names]


def environment(caches: Path) -> dict[str, str]:
    """Variables for commands in a clone: the pinned tools first, caches of their own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_INHERITED)}
    return kept | {
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(caches),
        "DVC_SITE_CACHE_DIR": str(caches / "dvc"),
        "DVC_GLOBAL_CONFIG_DIR": str(caches / "dvc-config"),
        "NO_COLOR": "1",
    }


class Clone:
    """A git repository with the content of this tree, uncommitted work included, nothing built."""

    def __init__(self, path: Path, caches: Path) -> None:
        self.path = path
        self.environment = environment(caches)

    @classmethod
    def of_this_tree(cls, path: Path, caches: Path) -> Clone:
        """Copy every file that git tracks or would track, commit, and lend it the environment."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, path / name)
        clone = cls(path, caches)
        clone.run("git", "init", "--quiet")
        (path / ".venv").symlink_to(ROOT / ".venv")
        clone.run("git", "add", "--all")
        clone.run("git", *IDENTITY, "commit", "--quiet", "--message", "clone")
        return clone

    def copy(self, path: Path) -> Clone:
        """A copy with the same file times, so that what was up to date still is.

        Objects of git and of DVC's cache are shared by hard link: both replace and never edit them.
        """
        shutil.copytree(self.path, path, symlinks=True, copy_function=self._lend)
        other = Clone.__new__(Clone)
        other.path, other.environment = path, dict(self.environment)
        return other

    def _lend(self, source: str, target: str) -> None:
        written_once = tuple(f"{self.path}/{name}/" for name in (".git/objects", ".dvc/cache"))
        if source.startswith(written_once):
            os.link(source, target)
        else:
            shutil.copy2(source, target)

    def run(
        self, *command: str, status: int | None = 0, timeout: float = 600
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the clone, stderr merged; fail unless it ends with ``status``.

        ``status=None`` stands for any status but 0.
        """
        done = subprocess.run(
            command,
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        expected = done.returncode != 0 if status is None else done.returncode == status
        assert expected, f"{command} ended with {done.returncode}:\n{done.stdout[-8000:]}"
        return done

    def kill_once_there(self, command: list[str], output: str) -> None:
        """Start a command, wait until ``output`` exists, kill -9 it and all that it started."""
        with subprocess.Popen(
            command,
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            deadline = time.monotonic() + 600
            while not (self.path / output).exists():
                assert process.poll() is None, f"{command} ended before {output} was there"
                assert time.monotonic() < deadline
                time.sleep(0.02)
            os.killpg(process.pid, signal.SIGKILL)

    def planned(self) -> set[str]:
        """Phases of which Snakemake would run a rule now."""
        dry = self.run("snakemake", "--dry-run", "--quiet", "rules", "host", "reason")
        return set(_JOB.findall(dry.stdout))

    def results(self) -> dict[str, str]:
        """Content hash of every file under results/."""
        files = (path for path in (self.path / "results").rglob("*") if path.is_file())
        return {
            str(path.relative_to(self.path)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }
