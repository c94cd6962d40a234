"""Two clones, one built by make and one ended by DVC, once for all tests of the workflow."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.once import once
from tests.workflow.tree import Clone, outputs_of


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run, empty at its start, which all its processes share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def caches(shared: Path) -> Path:
    """Caches of the tools, empty at the start of the session."""
    folder = shared / "caches"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def cloned(shared: Path, caches: Path) -> Clone:
    """A fresh clone, with nothing restored and nothing built; tests change copies."""
    return Clone(once(shared / "cloned", lambda path: Clone.of_this_tree(path, caches)), caches)


@pytest.fixture
def checkout(cloned: Clone, tmp_path: Path) -> Callable[[], Clone]:
    """Make a fresh clone, with nothing restored and nothing built."""
    return lambda: cloned.copy(tmp_path / "fresh")


@pytest.fixture(scope="session")
def made(cloned: Clone, shared: Path, caches: Path) -> Clone:
    """A clone after `make`, before which three builds were killed: one by each entry point.

    Tests must leave it as it is: they change a copy. One build serves several questions, since each
    takes minutes: whether `make` ends in the committed files, and whether it does after kills.
    """

    def build(path: Path) -> None:
        clone = cloned.copy(path)
        started = time.monotonic()
        clone.kill_once_there(["make"], "results/tables/space/NVIDIA_H200-bf16.parquet")
        clone.kill_once_there(
            ["snakemake", "--cores", "2"], "results/tables/transfer/proposals.parquet"
        )
        assert any((path / ".snakemake" / "locks").iterdir()), "a stale lock is part of the test"
        clone.kill_once_there(["dvc", "repro"], "results/tables/statistics/verdicts.parquet")
        assert not (path / "results" / "report.html").exists()
        clone.run("make")
        print(f"make from a fresh clone, killed three times: {time.monotonic() - started:.0f} s")

    return Clone(once(shared / "made", build), caches)


@pytest.fixture(scope="session")
def reproduced(made: Clone, shared: Path, caches: Path) -> Clone:
    """What `dvc repro` makes of that where the last stages' outputs are gone.

    The first stages were built by DVC before it was killed, or by the others. Tests must leave the
    clone as it is.
    """

    def build(path: Path) -> None:
        clone = made.copy(path)
        for phase in ("claims", "export", "figures", "report"):
            for out in outputs_of(path, phase):
                shutil.rmtree(out) if out.is_dir() else out.unlink()
        clone.run("dvc", "repro")

    return Clone(once(shared / "reproduced", build), caches)
