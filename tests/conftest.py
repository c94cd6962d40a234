"""What all tests share: which of them may run side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

_TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One group for each folder: what its fixtures build is built once, in one process."""
    for item in items:
        room = item.path.relative_to(_TESTS).parts[0]
        item.add_marker(pytest.mark.xdist_group(room))
