"""What the searches and the predictor find, by what was allowed to teach them."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table

TEACHING = Table(
    "teaching",
    2,
    "One row per (GPU, what taught, search, metric), over completely measured cells; each cell "
    "counts once. Intervals: percentile bootstrap over cells and over files, the wider of the two.",
    (
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("taught", pa.string(), "which recordings taught: scripts.lib.teaching"),
        Column("search", pa.string(), "strategy, see scripts.transfer.contest; or predictor"),
        Column(
            "metric",
            pa.string(),
            "regret_K: geometric mean after K trials; within_2_8: share of runs with regret <= "
            "1.02 after 8; trials_median, trials_p95: trials to within 2%, quantile over cells; "
            "over_source_K: regret without a source over that from one source, same cells; "
            "committed_win, _loss, _non_inferior, _within_2: what was chosen in the end against "
            "the committed config, by recorded medians, share of runs",
        ),
        Column("value", pa.float64(), "the estimate; empty: infinite", nullable=True),
        *interval("its interval; empty: infinite", nullable=True),
        Column("n", pa.int32(), "cells"),
        Column("files", pa.int32(), "config files that they come from"),
    ),
    ("2: against the committed config; searches without a source that stop", "1: first version"),
)
