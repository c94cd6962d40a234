"""Kernels of the releases are compiled or bound, never interpreted."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever other tests chose for this process."""
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
