"""The command that plans a survey refuses what would plan nothing, before it reads anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.tune.survey.plan import main


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--seconds", "-1", "--seconds -1: a time above 0"),
        ("--seconds", "nan", "--seconds nan: a time above 0"),
        ("--cores", "0", "--cores: 1 or more"),
        ("--random", "-1", "--random: 0 or more"),
    ],
)
def test_numbers_that_plan_nothing_are_refused(
    option: str, value: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["--device", "NVIDIA_H200", "--out", str(out), option, value]) == 2
    assert words in capsys.readouterr().err and not out.exists()
