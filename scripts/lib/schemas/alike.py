"""The same cells on two GPUs: how alike the orders of their configs are."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

ALIKE = Table(
    "alike",
    1,
    "One row per (GPU, another GPU, cell) of cells whose whole space is recorded on both, over the "
    "configs that are correct on both. Empty as long as one GPU alone is recorded.",
    (
        Column("source", pa.string(), "GPU whose fastest config is carried over"),
        Column("device", pa.string(), "GPU on which it runs"),
        Column("cell_id", pa.string(), "the cell, on device"),
        Column("configs", pa.int32(), "correct on both"),
        Column("rank_correlation", pa.float64(), "Spearman's, of the two GPUs' latencies"),
        Column("config_id", pa.string(), "fastest on source"),
        Column("regret", pa.float64(), "its latency on device over that of the fastest there"),
    ),
    ("1: first version",),
)
