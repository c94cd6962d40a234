"""The synthetic study of the statistics, as the figures' input."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import pytest

from tests.statistics.conftest import drawn, judged

__all__ = ["drawn", "judged"]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """What a test has drawn takes memory until it is closed."""
    yield
    plt.close("all")
