"""S1: take the source GPU's config as it is."""

from __future__ import annotations

from scripts.lib.config import Config
from scripts.transfer.strategy import FixedOrder


class CopySource(FixedOrder):
    """One proposal, the config carried over, then the end."""

    def __init__(self, carried: Config) -> None:
        super().__init__([carried])
