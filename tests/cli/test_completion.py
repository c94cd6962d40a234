"""The completion script, in a real shell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.cli.commands import COMMANDS
from scripts.cli.completion import script
from scripts.tune.known_names import schemes

BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="there is no bash")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "graphx.bash"
    path.write_text(script("bash"))
    return path


def complete(file: Path, *typed: str) -> list[str]:
    """What is offered for the last word of a line."""
    ask = (
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _graphx;'
        ' printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        [str(BASH), "-c", ask, "-", str(file), "graphx", *typed],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split("\n")[:-1]


def test_commands(file: Path) -> None:
    assert complete(file, "") == list(COMMANDS)
    assert complete(file, "pl") == ["plan"]


def test_options_of_a_command(file: Path) -> None:
    assert complete(file, "plan", "--sch") == ["--scheme"]
    assert complete(file, "trace", "--l") == ["--list"]
    assert "rank" in complete(file, "sim", "")


def test_names(file: Path) -> None:
    assert "NVIDIA_H200_NVL" in complete(file, "plan", "--device", "NVIDIA_H200")
    assert complete(file, "plan", "--device", "Intel") == ["Intel(R)_Arc(TM)_Pro_B60_Graphics"]
    assert "Mixtral-8x7B" in complete(file, "tune", "--model", "Mixt")
    assert complete(file, "plan", "--scheme", "") == schemes()
    assert complete(file, "completion", "") != []


def test_zsh_reads_the_same_script() -> None:
    assert script("zsh").endswith(script("bash")) and "bashcompinit" in script("zsh")
