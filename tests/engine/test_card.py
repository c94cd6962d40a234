"""Asking the driver of the GPU that engines see; a program in its place repeats what it hears."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.engine import card
from scripts.runtime.engine_about import gpu_of


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An nvidia-smi that answers with its own arguments, a value a field that it was asked."""
    program = tmp_path / "nvidia-smi"
    program.write_text(
        "#!/bin/sh\n"
        "id=${1#--id=}; fields=${2#--query-gpu=}\n"
        'echo "$fields" | tr "," "\\n" | while read f; do\n'
        '  printf "%s%s of %s" "$comma" "$f" "$id"; comma=", "; done; echo\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return program


@pytest.mark.parametrize(
    ("seen", "asked"), [("1,0", "1"), ("GPU-abc", "GPU-abc"), ("", "0"), (None, "0")]
)
def test_the_gpu_that_engines_see_is_asked_of(
    driver: Path, monkeypatch: pytest.MonkeyPatch, seen: str | None, asked: str
) -> None:
    if seen is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", seen)
    assert card.asked(["name", "uuid"]) == [f"name of {asked}", f"uuid of {asked}"]
    told = gpu_of()
    assert told is not None and told["uuid"] == f"uuid of {asked}"


def test_another_number_of_values_is_no_answer(driver: Path) -> None:
    driver.write_text("#!/bin/sh\necho NVIDIA H200\n")
    with pytest.raises(ValueError, match="NVIDIA H200"):
        card.asked(["name", "uuid"])
    assert gpu_of() is None


def test_no_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises((OSError, subprocess.SubprocessError)):
        card.asked(["name"])
    assert gpu_of() is None
