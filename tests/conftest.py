"""What all tests share: which of them may run side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

_TESTS = Path(__file__).parent
_LONGEST = "workflow"


# First, since xdist reads the groups in a hook of the same name.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One group for each folder: what its fixtures build is built once, in one process."""
    rooms = {item: item.path.relative_to(_TESTS).parts[0] for item in items}
    for item, room in rooms.items():
        item.add_marker(pytest.mark.xdist_group(room))
    items.sort(key=lambda item: rooms[item] != _LONGEST)  # first: the others fit beside it
