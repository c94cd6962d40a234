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

OUTCOMES = Table(
    "registered_outcomes",
    2,
    "One row per (registered GPU, figure, source): what came of a figure that was registered "
    "before anything was measured on the GPU.",
    (
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("hidden", pa.bool_(), "of searches on the GPU itself that nothing recorded on it "
               "taught; else of replayed ones on a GPU that was not recorded"),
        Column("locked", pa.string(), "when the figure was locked, ISO 8601, UTC"),
        Column("metric", pa.string(), "of the table cold, or of cold_live if hidden"),
        Column("to_reach", pa.float64(), "what it was to reach; empty: to be stated, whatever "
               "it is", nullable=True),
        Column("source", pa.string(), "GPU whose file the search started from, together or none; "
               "empty: not measured", nullable=True),
        Column("value", pa.float64(), "the estimate", nullable=True),
        Column("low", pa.float64(), "lower end of its interval", nullable=True),
        Column("high", pa.float64(), "upper end", nullable=True),
        Column("n", pa.int32(), "cells", nullable=True),
        Column("word", pa.string(), "reached, missed, stated or not measured"),
    ),
    ("2: hidden", "1: first version"),
)  # fmt: skip
