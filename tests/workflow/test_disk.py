"""A full disk: a clear error that names the file, and nothing half-written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.workflow.tree import Clone

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk needs root"
    ),
]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[Path], None]]:
    """Mount a disk of 16 KiB over a folder until the test ends."""
    mounted: list[Path] = []

    def mount(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"cannot mount here: {done.stderr.strip()}")
        mounted.append(folder)
        (folder / "used").write_bytes(b"other files of the same disk")

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_full_disk(small_disk: Callable[[Path], None], made: Clone, tmp_path: Path) -> None:
    clone = made.copy(tmp_path / "copy")
    small_disk(clone.path / "results")  # over what was built, which nobody sees until it ends
    failed = clone.run("make", status=None)
    assert re.search(
        r"could not be written \(.*No space left on device\); nothing was changed", failed.stdout
    )
    left = clone.results()
    del left["results/used"]
    assert left.items() <= made.results().items()
