"""Killed with -9 in the middle, then run again: nothing lost, nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from tests.workflow.tree import Clone

pytestmark = pytest.mark.workflow


def kill_once_there(clone: Clone, command: list[str], output: str) -> None:
    """Start a command, wait until ``output`` exists, kill it and all that it started."""
    with subprocess.Popen(
        command,
        cwd=clone.path,
        env=clone.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 300
        while not (clone.path / output).exists():
            assert process.poll() is None, f"{command} ended before {output} was there"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)


def test_killed_build_goes_on(made: Clone, checkout: Callable[[], Clone]) -> None:
    clone = checkout()
    kill_once_there(clone, ["make"], "results/tables/space/NVIDIA_H200-bf16.parquet")
    assert not (clone.path / "results" / "report.html").exists()
    kill_once_there(clone, ["dvc", "repro"], "results/tables/replay.parquet")
    assert not (clone.path / "results" / "report.html").exists()
    kill_once_there(clone, ["snakemake", "--cores", "2"], "results/tables/verdicts.parquet")
    assert any((clone.path / ".snakemake" / "locks").iterdir()), "a stale lock is part of the test"
    clone.run("make")
    assert clone.results() == made.results()
    assert clone.planned() == set()
    assert "up to date" in clone.run("dvc", "status").stdout
