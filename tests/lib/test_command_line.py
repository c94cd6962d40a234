"""What a module says of itself when it is asked for help, or given what it does not take."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripts.lib.command_line import parser


@pytest.mark.parametrize(
    ("example", "end"),
    [
        ("python -m a", "\nexample: python -m a\n"),
        ("\n  python -m a", "\nexample:\n  python -m a\n"),
        ("example:\n  python -m a", "\nexample:\n  python -m a\n"),
        ("examples:\n  a\n  b", "\nexamples:\n  a\n  b\n"),
    ],
)
def test_help_says_what_it_does_and_how_it_is_called(example: str, end: str) -> None:
    said = parser("What it does.\n\nAnd more.", example).format_help()
    assert "\nWhat it does.\n\nAnd more.\n" in said
    assert said.endswith(end)


def test_a_module_is_called_by_its_name() -> None:
    command = [sys.executable, "-m", "scripts.corpus.build", "--histroy", "x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m scripts.corpus.build ")
