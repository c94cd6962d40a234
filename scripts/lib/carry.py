"""A config of one GPU as another GPU's runtime can take it."""

from __future__ import annotations

from scripts.lib.config import Config
from scripts.lib.device import Device, Vendor


def carried_over(source: Config, target: Device) -> Config:
    """The source's config as the target's runtime can take it.

    Keys that only AMD's backend reads are dropped for any other target, since its launcher would
    refuse them; nothing else changes, legal or not.
    """
    return source if target.vendor is Vendor.AMD else source.without_vendor_keys()
