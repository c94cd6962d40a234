"""Runs of the harness in tests name a commit, wherever the tests run."""

import pytest


@pytest.fixture(autouse=True)
def _named_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHX_COMMIT", "0123456789abcdef0123456789abcdef01234567")
