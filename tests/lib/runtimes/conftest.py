"""Kernels of the releases are compiled or bound, never interpreted."""

from __future__ import annotations

import pytest

# Triton loads it at the first launch, and refuses if the process was interpreting at Triton's own
# import and is not any more: so now, before the fixture below changes what other tests chose.
import triton.experimental.gluon  # noqa: F401


@pytest.fixture(autouse=True)
def _compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever other tests chose for this process."""
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
