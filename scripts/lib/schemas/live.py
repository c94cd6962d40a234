"""What searches on the GPU itself came to."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

LIVE = Table(
    "live",
    1,
    "One row per search on a cell, measured as it asked. Ratios are paired medians over the rounds "
    "of the cell's finals, with 95% intervals: the search's choice over the committed config.",
    (
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("source", pa.string(), "source GPU; empty: all that have a file of the layer"),
        Column("triple", pa.bool_(), "the source's and the GPU's file both hold the batch size"),
        Column("budget", pa.int32(), "K, the most trials"),
        Column("trials", pa.int32(), "trials made, failed ones included"),
        Column("ended", pa.string(), "margin, budget, space or lost (scripts.tune.turns.End)"),
        Column("gpu_seconds", pa.float64(), "GPU seconds of its trials, those shared counted full"),
        Column("choice_id", pa.string(), "its fastest trial, before any finals", nullable=True),
        Column("trials_to_choice", pa.int32(), "the choice's place among them, from 1", True),
        Column("committed_id", pa.string(), "config committed for the GPU", nullable=True),
        Column("ratio", pa.float64(), "choice over committed", nullable=True),
        Column("low", pa.float64(), "lower end of its interval", nullable=True),
        Column("high", pa.float64(), "upper end", nullable=True),
        Column("decision", pa.string(), "win, tie or loss at the margin", nullable=True),
        Column("final_id", pa.string(), "its fastest in every other round of the finals", True),
        Column("final_ratio", pa.float64(), "that over committed, in the other rounds", True),
        Column("final_low", pa.float64(), "lower end of its interval", nullable=True),
        Column("final_high", pa.float64(), "upper end", nullable=True),
        Column("final_decision", pa.string(), "win, tie or loss at the margin", nullable=True),
        Column("marks", pa.string(), "of the cell, see CELLS: comma-joined or empty"),
    ),
    ("1: first version",),
)
