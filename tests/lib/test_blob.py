"""The id of a file's content is the one that git gives."""

from __future__ import annotations

import subprocess

import pytest

from scripts.lib.blob import blob_id


@pytest.mark.parametrize("content", [b"", b"a", b'{"1": {}}\n', bytes(range(256))])
def test_git_agrees(content: bytes) -> None:
    said = subprocess.run(
        ["git", "hash-object", "--stdin"], input=content, capture_output=True, check=True
    )
    assert blob_id(content) == said.stdout.decode().strip()
