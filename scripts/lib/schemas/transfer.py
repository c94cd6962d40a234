"""What the search writes: the proposals made without measuring, and the replays."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

_CELL = Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell")
_CONFIG = Column("config_id", pa.string(), "canonical config id, see scripts.lib.config.Config")

PROPOSALS = Table(
    "proposals",
    1,
    "Configs named for a cell before anything is measured, by the strategy that names them.",
    (
        _CELL,
        Column("strategy", pa.string(), "committed, default, S1 or S2"),
        Column("source", pa.string(), "source GPU, for S1 and S2", nullable=True),
        _CONFIG,
        Column("file", pa.string(), "config file it was read from", nullable=True),
    ),
    ("1: first version",),
)

REPLAY = Table(
    "replay",
    1,
    "What a strategy would choose after K recorded trials of a cell.",
    (
        _CELL,
        Column("strategy", pa.string(), "strategy or baseline"),
        Column("source", pa.string(), "source GPU; empty for baselines", nullable=True),
        Column("seed", pa.int32(), "random seed; 0 for deterministic strategies"),
        Column("K", pa.int32(), "trial budget"),
        Column("trials", pa.int32(), "trials used (failed ones included)"),
        Column("gpu_seconds", pa.float64(), "recorded GPU seconds of those trials"),
        Column(
            "choice", pa.string(), "config chosen; empty if no trial was correct", nullable=True
        ),
    ),
    ("1: first version",),
)
