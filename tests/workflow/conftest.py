"""Two clones, one built by make and one ended by DVC, once for all tests of the workflow."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.tree import Clone, outputs_of


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
    """A clone after `make`, before which three builds were killed: one by each entry point.

    Tests must leave it as it is: they change a copy. One build serves several questions, since each
    takes minutes: whether `make` ends in the committed files, and whether it does after kills.
    """
    clone = Clone.of_this_tree(tmp_path_factory.mktemp("made"), caches)
    started = time.monotonic()
    clone.kill_once_there(["make"], "results/tables/space/NVIDIA_H200-bf16.parquet")
    clone.kill_once_there(
        ["snakemake", "--cores", "2"], "results/tables/transfer/proposals.parquet"
    )
    assert any((clone.path / ".snakemake" / "locks").iterdir()), "a stale lock is part of the test"
    clone.kill_once_there(["dvc", "repro"], "results/tables/statistics/verdicts.parquet")
    assert not (clone.path / "results" / "report.html").exists()
    clone.run("make")
    print(f"make from a fresh clone, killed three times: {time.monotonic() - started:.0f} s")
    return clone


@pytest.fixture(scope="session")
def reproduced(made: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """What `dvc repro` makes of that where the last stages' outputs are gone.

    The first stages were built by DVC before it was killed, or by the others. Tests must leave the
    clone as it is.
    """
    clone = made.copy(tmp_path_factory.mktemp("reproduced") / "clone")
    for phase in ("claims", "export", "figures", "report"):
        for path in outputs_of(clone.path, phase):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    clone.run("dvc", "repro")
    return clone
