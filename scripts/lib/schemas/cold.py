"""What a search finds on a GPU of which nothing was recorded."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.schemas.search import BUDGETS
from scripts.lib.tables import Column, Table

NONE = "none"  # in the place of a source

COLD = Table(
    "cold",
    1,
    "One row per (GPU, source, metric), over completely measured cells; nothing that was recorded "
    "on the GPU taught (scripts.lib.teaching: gpu_out). Intervals: percentile bootstrap over cells "
    "and over files, the wider of the two.",
    (
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("source", pa.string(), f"GPU whose file the search started from; {NONE}: no file"),
        Column(
            "metric",
            pa.string(),
            "zero_median, zero_p95: quantile over cells of the regret of what is proposed before "
            f"any trial; mean_K: mean regret of the best of K trials, K of {BUDGETS}; of searches "
            "that end by themselves trials_median, trials_p95, regret: mean of the choice's; win, "
            "loss, non_inferior, within_2: shares, their choice against the committed config, by "
            "recorded medians with widened intervals",
        ),
        Column("value", pa.float64(), "the estimate"),
        *interval(),
        Column("n", pa.int32(), "cells"),
        Column("files", pa.int32(), "config files that they come from"),
    ),
    ("1: first version",),
)
