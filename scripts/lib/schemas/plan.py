"""The plan of a sweep: what will be tried on which cell, fixed before the first measurement."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

PLAN = Table(
    "plan",
    2,
    "One row per (cell, config) to measure, cells and trials in the order they are run.",
    (
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("order", pa.int32(), "position of the trial in its cell, from 0"),
        Column("config_id", pa.string(), "see scripts.lib.config.Config"),
        Column("proposed_by", pa.string(), "strategies that name it, comma-separated; may be ''"),
        Column("predicted_us", pa.float64(), "latency that graphx-sim expects, us", nullable=True),
        Column("model_version", pa.string(), "version of its model", nullable=True),
    ),
    ("2: predictions, made before anything is measured", "1: first version"),
)
