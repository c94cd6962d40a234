"""What holds for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import scripts  # noqa: F401 - before numpy: chooses its routines
from scripts.lib.journal import VARIABLE
from scripts.lib.memory import keep_memory

keep_memory()  # as steps do, for some hundred of them run here


@pytest.fixture(scope="session", autouse=True)
def _no_events() -> Iterator[None]:
    """Steps that tests run are no events of this checkout; clones have logs of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "")
        yield
