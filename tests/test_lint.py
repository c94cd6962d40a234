"""The tree is clean by every linter that it is held to; `make lint` runs this file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent

LINTERS = {
    "ruff": ["ruff", "check", "."],
    "ruff-format": ["ruff", "format", "--check", "."],
    "snakefmt": ["snakefmt", "--check", "Snakefile", "rules"],
    "snakemake-lint": ["snakemake", "--lint"],
    "mypy": ["mypy"],
}


@pytest.mark.parametrize("name", LINTERS)
def test_lint(name: str) -> None:
    tool, *arguments = LINTERS[name]
    done = subprocess.run(
        [BIN / tool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
