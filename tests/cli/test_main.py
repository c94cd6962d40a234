"""``graphx``: a command is one module, names are answered at once, and it runs from a checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tomllib
from functools import partial
from pathlib import Path

import pytest

from kernels.formats import SCHEMES
from scripts.cli.__main__ import main
from scripts.cli.commands import COMMANDS
from scripts.tune.known_names import schemes

ROOT = Path(__file__).parents[2]
SLOW = ("torch", "pandas", "triton", "sklearn", "scipy")


def python(*given: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "GRAPHX_LOG": "", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *given], capture_output=True, text=True, check=False, cwd=cwd, env=env
    )


def graphx(*given: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return python("-m", "scripts.cli", *given, cwd=cwd)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like one through the launcher's eyes."""
    folder = tmp_path / ".venv/bin"
    folder.mkdir(parents=True)
    for name in ("scripts", "kernels", "data", "results"):
        (tmp_path / name).symlink_to(ROOT / name)
    (folder / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (folder / "graphx").write_bytes((ROOT / "scripts/cli/graphx").read_bytes())
    for program in folder.iterdir():
        program.chmod(0o755)
    return tmp_path


def test_the_launcher_runs_its_checkout_from_any_folder(checkout: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    launcher = str(checkout / ".venv/bin/graphx")
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    launch = partial(
        subprocess.run, cwd=elsewhere, env=env, capture_output=True, text=True, check=False
    )
    helped = launch([launcher, "sim", "rank", "--help"])
    assert helped.returncode == 0 and "--cell" in helped.stdout
    refused = launch([launcher, "plan", "--device", "H200"])
    assert refused.returncode == 2
    assert f"{elsewhere}: is no checkout of graphx; cd " in refused.stderr


def test_nothing_typed_is_answered_with_the_help() -> None:
    said = graphx()
    assert said.returncode == 2 and not said.stdout
    assert all(f"  {name}" in said.stderr for name in COMMANDS) and "examples:" in said.stderr


def test_the_version_is_that_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert graphx("--version").stdout == f"graphx {version}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_helps_with_examples(name: str) -> None:
    said = graphx(name, "--help")
    assert said.returncode == 0, said.stderr
    assert f"usage: graphx {name}" in said.stdout or name == "sim"
    assert "example" in said.stdout


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["plans"], "unknown command 'plans'; nearest: plan"),
        (["plan", "--device", "RTX 509O"], "unknown device 'RTX 509O'; nearest: "),
        (["plan", "--device", "H200", "--model", "Mixtrl-8x7B"], "nearest: Mixtral-8x7B"),
        (["tune", "--device", "H200", "--model", "OLMoE", "--scheme", "fp9"], "number format"),
        (["sim", "rnk"], "unknown command 'rnk'; nearest: rank"),
    ],
)
def test_a_name_that_is_not_known_is_answered_at_once(typed: list[str], words: str) -> None:
    began = time.monotonic()
    said = graphx(*typed)
    assert said.returncode == 2 and words in said.stderr
    assert said.stderr.count("\n") == 1
    # To reach: 1 s; what a loaded machine adds is not ours.
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "typed",
    [["--help"], ["plan", "--device", "H2000"], ["plan", "--device", "H200", "--model", "x"]],
)
def test_nothing_slow_is_loaded_before_a_name_is_answered(typed: list[str]) -> None:
    code = (
        "import sys\nfrom scripts.cli.__main__ import main\n"
        f"try: main({typed})\nexcept SystemExit: pass\n"
        f"print('loaded:', *[name for name in {SLOW} if name in sys.modules])"
    )
    assert python("-c", code).stdout.splitlines()[-1] == "loaded:"


def test_the_names_of_number_formats_are_those_of_the_kernels() -> None:
    assert sorted(schemes()) == sorted(SCHEMES)


def test_a_command_sees_what_was_typed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.jsonl"
    monkeypatch.setenv("GRAPHX_LOG", str(log))
    monkeypatch.setattr(sys, "argv", ["graphx", "plan"])
    assert main(["plan", "--device", "H200", "--model", "none such"]) == 2
    assert "unknown model" in capsys.readouterr().err
    (started, _) = map(json.loads, log.read_text().splitlines())
    assert started["step"] == "scripts.tune.run"
    assert started["command"] == (
        "python -m scripts.tune.run --plan --device H200 --model 'none such'"
    )
