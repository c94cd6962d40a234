"""Two clones, one built by make and one by DVC, once for all tests of the workflow."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.tree import Clone


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Caches of the tools, empty at the start of the session."""
    return tmp_path_factory.mktemp("caches")


@pytest.fixture
def checkout(tmp_path: Path, caches: Path) -> Callable[[], Clone]:
    """Make a fresh clone, with nothing restored and nothing built."""
    return lambda: Clone.of_this_tree(tmp_path / "fresh", caches)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, caches: Path) -> Clone:
    """A clone after `make`. Tests must leave it as it is: they change a copy."""
    clone = Clone.of_this_tree(tmp_path_factory.mktemp("made"), caches)
    started = time.monotonic()
    clone.run("make")
    print(f"make from a fresh clone: {time.monotonic() - started:.0f} s")
    return clone


@pytest.fixture(scope="session")
def reproduced(tmp_path_factory: pytest.TempPathFactory, caches: Path) -> Clone:
    """A clone after `dvc repro`, which was killed on the way, and so were other builds before it.

    Tests must leave it as it is. One build serves two questions, since each takes minutes: whether
    DVC ends in the same files as `make`, and whether killed builds do.
    """
    clone = Clone.of_this_tree(tmp_path_factory.mktemp("reproduced"), caches)
    clone.kill_once_there(["make"], "results/tables/space/NVIDIA_H200-bf16.parquet")
    clone.kill_once_there(["snakemake", "--cores", "2"], "results/tables/replay.parquet")
    assert any((clone.path / ".snakemake" / "locks").iterdir()), "a stale lock is part of the test"
    clone.kill_once_there(["dvc", "repro"], "results/tables/verdicts.parquet")
    assert not (clone.path / "results" / "report.html").exists()
    clone.run("dvc", "repro")
    return clone
