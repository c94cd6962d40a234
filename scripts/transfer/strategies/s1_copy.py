"""S1: take the source GPU's config as it is."""

from __future__ import annotations

from scripts.lib.config import Config
from scripts.lib.device import Device, Vendor
from scripts.transfer.strategy import FixedOrder


def carried_over(source: Config, target: Device) -> Config:
    """The source's config as the target's runtime can take it.

    Keys that only AMD's backend reads are dropped for any other target, since its launcher would
    refuse them; nothing else changes, legal or not.
    """
    return source if target.vendor is Vendor.AMD else source.without_vendor_keys()


class CopySource(FixedOrder):
    """One proposal, the config carried over, then the end."""

    def __init__(self, carried: Config) -> None:
        super().__init__([carried])
