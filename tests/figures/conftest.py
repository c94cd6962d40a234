"""The synthetic study of the statistics, as the figures' input."""

from __future__ import annotations

from tests.statistics.conftest import drawn, judged

__all__ = ["drawn", "judged"]
