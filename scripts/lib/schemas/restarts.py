"""What a layer's tuning comes to when it is run again and again."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

RESTARTS = Table(
    "restarts",
    1,
    "One row per (batch size, restart): one layer searched again and again on recorded trials, the "
    "noise of every trial and of every round of the finals drawn anew (scripts.tune.restarts).",
    (
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("restart", pa.int32(), "from 1"),
        Column("config_id", pa.string(), "what the file would hold"),
        Column(
            "ties",
            pa.string(),
            "configs that another restart may choose, itself included, by commas",
        ),
        Column("trials", pa.int32(), "trials of the search"),
        Column("rounds", pa.int32(), "of the finals"),
        Column("regret", pa.float64(), "recorded latency over the fastest legal config's"),
    ),
    ("1: first version",),
)

RECORDED, LIVE = "recorded", "live"  # trials of the restarts

SAME = Table(
    "same_choice",
    2,
    "One row per (GPU, layer, trials, measure): how alike the choices of a layer's restarts are. "
    "Shares of pairs of restarts, mean over batch sizes; percentile bootstrap over batch sizes.",
    (
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("shape", pa.string(), "layer, see scripts.lib.shape.Shape"),
        Column("trials", pa.string(), f"{RECORDED}: replayed with noise; {LIVE}: on the GPU"),
        Column(
            "measure",
            pa.string(),
            "same: the same config; named: that, or each is named as a tie by the other; either: "
            "that, or one is named by the other",
        ),
        Column("value", pa.float64(), "the share"),
        Column("low", pa.float64(), "lower end of its interval"),
        Column("high", pa.float64(), "upper end"),
        Column("restarts", pa.int32(), "of the layer"),
        Column("n", pa.int32(), "batch sizes"),
        Column("whole", pa.int32(), "batch sizes at which it holds of every pair"),
        Column("names", pa.float64(), "configs that a restart names, its choice included, mean"),
        Column("regret", pa.float64(), "worst of all choices, where recorded", True),
        Column("mean_regret", pa.float64(), "mean of all choices, where recorded", True),
    ),
    ("2: names, mean_regret", "1: first version"),
)
