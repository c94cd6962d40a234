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
    """A clone after `dvc pull` and `dvc repro`. Tests must leave it as it is."""
    clone = Clone.of_this_tree(tmp_path_factory.mktemp("reproduced"), caches)
    clone.run("dvc", "pull")
    clone.run("dvc", "repro")
    return clone
