"""What searches on the GPU itself find as if nothing had been recorded on it."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table

LIVE_BUDGETS = (1, 2, 4, 8)  # first trials that a search is read off at
# A layer by its recordings: some batch size of it, in some number format, is recorded whole; none.
WHOLE, NEW = "whole", "new"

FOUND = Table(
    "cold_found",
    1,
    "One row per search that ended by itself on the GPU: how its first trials and its choice stand "
    "to the fastest of all that was tried on the cell, by the medians of trials.",
    (
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("source", pa.string(), "as LIVE has it"),
        Column("first_id", pa.string(), "what was proposed before any trial", nullable=True),
        *(
            Column(f"us_{k}", pa.float64(), f"fastest of the first {k} trials, us", nullable=True)
            for k in LIVE_BUDGETS
        ),
        Column("chosen_us", pa.float64(), "the choice by the finals, us", nullable=True),
        Column("best_us", pa.float64(), "fastest of all trials on the cell, us", nullable=True),
    ),
    ("1: first version",),
)

COLD_LIVE = Table(
    "cold_live",
    1,
    "One row per (GPU, source, class of cells, metric) of searches that ran on the GPU itself and "
    "ended by themselves; nothing that was recorded on the GPU taught (scripts.lib.teaching: "
    "gpu_out). Intervals: percentile bootstrap over cells and over files, the wider of the two.",
    (
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("source", pa.string(), "GPU whose file the search started from; together: all that "
               "have one; none: no file; empty: of group aa"),
        Column("group", pa.string(), "all; scheme; layer: its recordings, whole or new; aa: "
               "identical pairs of a recording's finals"),
        Column("which", pa.string(), "of the group; empty for all"),
        Column(
            "metric",
            pa.string(),
            "zero_median, zero_p95: quantile of what is proposed before any trial over the fastest "
            f"that was found; mean_K: mean of the best of K trials over it, K of {LIVE_BUDGETS}; "
            "regret: mean of the choice over it; trials_median, trials_p95; first_median, "
            "first_mean: first proposal over the choice; win, loss, non_inferior, within_2: shares "
            "of the choice against the committed config in rounds that did not choose; …_widened: "
            "by intervals that allow for what identical pairs differ by; …_default: against the "
            "runtime's default; within_2_better: of the better of both; of identical pairs missed, "
            "false_win, false_loss, error, as AA_RATES has them",
        ),
        Column("value", pa.float64(), "the estimate"),
        *interval(nullable=True),
        Column("n", pa.int32(), "cells; of group aa pairs"),
        Column("files", pa.int32(), "config files that they come from; of group aa none"),
    ),
    ("1: first version",),
)  # fmt: skip
