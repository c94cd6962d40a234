"""How far a prediction may be off: an error that was measured on cells like it, or nothing.

The errors (scripts.sim.errors) travel in the model's file. A GPU of the same vendor, or a number
format like another, is no measurement and counts for nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scripts.lib.schemas.sim import ALL_SCHEMES, OF_THAT_DAY, Group
from scripts.lib.teaching import Teaching
from scripts.sim.simulator import Simulator


class Level(StrEnum):
    """Whether there is such an error."""

    MEASURED = "measured error"
    NONE = "not validated"


@dataclass(frozen=True)
class Confidence:
    """A level and the sentence behind it; ``error``: |log(predicted / measured)|, median cell."""

    level: Level
    reason: str
    error: float | None = None


def confidence(device: str, scheme: str, simulator: Simulator) -> Confidence:
    """Of a prediction for (GPU, scheme).

    Recorded on this GPU in this format: what holding out the model family gave. In other formats:
    what formats that were new to the model gave. Nothing recorded on it: what holding out a whole
    GPU gave, if several are recorded.
    """
    recorded = sorted({name for name, _ in simulator.trained})
    if own := _row(simulator, device, Group.RECORDED, scheme, Teaching.FAMILY_OUT):
        about = f"{scheme} on {device}, the model family left out of what taught"
        return _measured(about, own, simulator)
    if device in recorded:
        if new := _row(simulator, device, Group.NEW_FORMAT, ALL_SCHEMES, OF_THAT_DAY):
            about = f"{scheme} was not measured on {device}; number formats new to the model there"
            return _measured(about, new, simulator)
        reason = f"model {simulator.version} has no measured error for {scheme} on {device}"
        return Confidence(Level.NONE, reason)
    others = (_row(simulator, name, Group.RECORDED, scheme, Teaching.GPU_OUT) for name in recorded)
    if known := [row for row in others if row]:
        worst = max(known, key=lambda row: float(row["error"]))
        about = f"nothing was measured on {device}; {worst['device']} in {scheme}, left out whole"
        return _measured(about, worst, simulator)
    return Confidence(
        Level.NONE,
        f"nothing was measured on {device}, and no prediction for a GPU without recordings was held"
        " against a measurement",
    )


def _row(
    simulator: Simulator, device: str, group: Group, scheme: str, taught: str
) -> dict[str, Any] | None:
    wanted = {"device": device, "group": group, "scheme": scheme, "taught": taught}
    rows = (row for row in simulator.errors if wanted.items() <= row.items())
    return next(rows, None)


def _measured(about: str, row: dict[str, Any], simulator: Simulator) -> Confidence:
    error, near = float(row["error"]), float(row["within_2_8"])
    text = (
        f"{about}: off by a factor of {math.exp(error):.2f} in the median of {row['cells']} cells;"
        f" the first 8 in its order hold one within 2% of the fastest on {near:.1%}"
    )
    if simulator.errors_of not in (None, simulator.version):
        text += f" (model {simulator.errors_of})"
    return Confidence(Level.MEASURED, text, error)
