"""What is proposed on a GPU before anything is measured on it."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

REGISTERED = Table(
    "registered",
    1,
    "One row per (cell, place): a config that is proposed, the most promising first.",
    (
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("place", pa.int8(), "from 1, in the order in which a search would ask"),
        Column("config_id", pa.string(), "the config"),
        Column("predicted_us", pa.float32(), "by graphx-sim, us"),
    ),
    ("1: first version",),
)
