"""What holds for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import scripts  # noqa: F401 - before numpy: chooses its routines
from scripts.lib.journal import VARIABLE


@pytest.fixture(scope="session", autouse=True)
def _no_events() -> Iterator[None]:
    """Steps that tests run are no events of this checkout; clones have logs of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "")
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file that waits for a whole build first, so that that begins; the others of them last."""
    files = [item.path for item in items if "made" in getattr(item, "fixturenames", ())]
    for item in items:
        if item.path in files:
            item.add_marker(pytest.mark.timeout(1800))  # of the build, beside other tests
    order = {"test_entry_points": -1, "test_staleness": 1}
    items.sort(key=lambda item: order.get(item.path.stem, 2) if item.path in files else 0)
