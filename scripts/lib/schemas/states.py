"""The state of the GPU on each recorded cell: its power limit, and whether it was steady."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.tables import Column, Table


class Power(StrEnum):
    """Whether the power limit held the GPU back on a cell."""

    LIMITED = "power_limited"
    FREE = "not_power_limited"
    UNKNOWN = "power_unknown"  # neither its clock nor finals beside a sweep are recorded


class Shown(StrEnum):
    """What shows the power limit."""

    CLOCK = "clock"
    FINALS = "finals"
    BOTH = "both"


class Steadiness(StrEnum):
    """What is known of the GPU's steadiness on a cell."""

    STEADY = "steady"  # probed, and nothing was seen
    DRIFTED = "drifted"  # a probe moved, or the cell bears another mark
    UNPROBED = "unprobed"  # nobody looked, or not at all that could disturb it


class Unprobed(StrEnum):
    """Why a cell counts as not probed."""

    ANCHOR = "anchor"  # its anchor was not timed twice
    OTHERS = "other_gpus"  # other GPUs of the host measured too, and were never probed
    ABSENT = "absent"  # the cell was never finished


STATES = Table(
    "states",
    1,
    "One row per cell of a recording: whether the GPU was power-limited on it, and whether it was "
    "steady, with the evidence of both.",
    (
        Column("dataset", pa.string(), "folder of the recording"),
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("tokens", pa.int32(), "M, tokens"),
        Column("power", pa.string(), "power_limited, not_power_limited or power_unknown (Power)"),
        Column("shown_by", pa.string(), "what shows the limit (Shown)", nullable=True),
        Column("clock", pa.float64(), "SM clock over the recording's highest", nullable=True),
        Column("finals", pa.float64(), "finals over sweep, median over the configs", nullable=True),
        Column("apart", pa.float64(), "its sample deviation over them, log ratio", nullable=True),
        Column("configs", pa.int32(), "configs that both timed"),
        Column("steadiness", pa.string(), "steady, drifted or unprobed (Steadiness)"),
        Column("unprobed_by", pa.string(), "why it is not probed (Unprobed)", nullable=True),
        Column("drift", pa.float64(), "(max-min)/median of the anchor's re-runs"),
        Column("marks", pa.string(), "as in CELLS: comma-joined or empty"),
    ),
    ("1: first version",),
)
