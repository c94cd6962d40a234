"""What holds for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Before numpy and torch are loaded: tests run in as many processes as there are cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import scripts  # noqa: F401 - before numpy: chooses its routines
from scripts.lib.journal import VARIABLE
from scripts.lib.memory import keep_memory

keep_memory()  # as steps do, for some hundred of them run here
# On a machine that does other work beside, an example may take any time.
settings.register_profile("here", deadline=None)
settings.load_profile("here")


@pytest.fixture(scope="session", autouse=True)
def _no_events() -> Iterator[None]:
    """Steps that tests run are no events of this checkout; clones have logs of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "")
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order files so that no process has to wait for the clone in which everything is built.

    The build takes minutes: it begins at once, in the process that gets the first file. The others
    have half of the files that need no built clone to go through meanwhile, other tests of the
    workflow first. The other half comes last, the shortest files at the very end, so that all
    processes end together.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    workflow = [path for path, own in files.items() if any(map(_of_workflow, own))]
    asking = [path for path in workflow if any(map(_asks_for_build, files[path]))]
    others = [path for path in files if path not in asking]
    if asking and others:
        others.sort(key=lambda path: (path not in workflow, -len(files[path])))
        half = (len(others) + 1) // 2
        ordered = [*asking[:1], *others[:half], *asking[1:], *others[half:]]
        items[:] = [item for path in ordered for item in files[path]]


def _of_workflow(item: pytest.Item) -> bool:
    return item.get_closest_marker("workflow") is not None


def _asks_for_build(item: pytest.Item) -> bool:
    return _of_workflow(item) and "made" in getattr(item, "fixturenames", ())
