"""How far a prediction is from what the model was fitted to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from scripts.lib.device import find_device


class Level(StrEnum):
    """How much a prediction is worth."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True)
class Confidence:
    """A level and the sentence behind it."""

    level: Level
    reason: str


def confidence(device: str, scheme: str, trained: Collection[tuple[str, str]]) -> Confidence:
    """Of a prediction for (GPU, scheme), given the pairs that the model has learned from."""
    if (device, scheme) in trained:
        return Confidence(Level.HIGH, f"measured: {scheme} on {device}")
    if device in {name for name, _ in trained}:
        return Confidence(Level.MEDIUM, f"{device} was measured, but not {scheme} on it")
    vendor = find_device(device).vendor
    kin = sorted({name for name, _ in trained if find_device(name).vendor is vendor})
    if kin:
        seen = "measured" if scheme in {pair[1] for pair in trained} else "nor was this scheme"
        reason = f"{device} was not measured ({seen} there: {', '.join(kin)}, same vendor)"
        return Confidence(Level.MEDIUM, reason)
    return Confidence(Level.LOW, f"no GPU of this vendor was measured; {device} is its record only")
