"""Baseline: the config that upstream has committed for the target GPU itself."""

from __future__ import annotations

from scripts.lib.config import Config
from scripts.transfer.strategy import FixedOrder


class Committed(FixedOrder):
    """One proposal, the committed config, then the end."""

    def __init__(self, config: Config) -> None:
        super().__init__([config])
