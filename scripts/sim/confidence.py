"""How far a prediction is from what the model was fitted to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from scripts.lib.device import find_device
from scripts.lib.shape import parse_shape


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
    """Of a prediction for (GPU, scheme), given the (GPU, shape id) pairs learned from."""
    seen = {(name, parse_shape(shape).scheme) for name, shape in trained}
    devices, schemes = {name for name, _ in seen}, {name for _, name in seen}
    if (device, scheme) in seen:
        return Confidence(Level.HIGH, f"{scheme} was measured on {device}")
    if device in devices:
        return Confidence(Level.MEDIUM, f"{device} was measured, but not {scheme} on it")
    vendor = find_device(device).vendor
    kin = sorted(name for name in devices if find_device(name).vendor is vendor)
    if not kin:
        return Confidence(Level.LOW, f"no GPU of {device}'s vendor was measured")
    if scheme not in schemes:
        return Confidence(Level.LOW, f"neither {device} nor {scheme} was measured")
    return Confidence(Level.MEDIUM, f"{device} was not measured, but {', '.join(kin)} was")
