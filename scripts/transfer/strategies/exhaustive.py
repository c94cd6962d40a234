"""Baseline: every legal config, which tells the best that the space holds."""

from __future__ import annotations

from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategy import FixedOrder


class Exhaustive(FixedOrder):
    """The whole legal space in ascending order."""

    def __init__(self, legal: LegalSpace) -> None:
        super().__init__(legal.configs)
