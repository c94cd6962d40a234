"""What replaying searches writes: every run, and readings over runs."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.schemas.statistics import ESTIMATE
from scripts.lib.tables import Column, Table

BUDGETS = (1, 2, 4, 8, 16, 32, 64, 128)  # trials K at which every run is read off

_REGRETS = tuple(
    Column(f"regret_{k}", pa.float64(), f"best after {k} trials over the cell's best", True)
    for k in BUDGETS
)
_TIES = tuple(
    Column(f"tied_{k}", pa.bool_(), f"after {k} trials: in the cell's tie-set") for k in BUDGETS
)
_SECONDS = tuple(
    Column(f"seconds_{k}", pa.float64(), f"GPU seconds of the first {k} trials") for k in BUDGETS
)
_STRATEGY = Column("strategy", pa.string(), "strategy or baseline, see scripts.transfer.contest")
_DEVICE = Column("device", pa.string(), "GPU on whose recorded cells was searched")
_BY_DEVICE = ("2: a row is of one GPU", "1: first version")

SEARCHES = Table(
    "searches",
    1,
    "One row per run of a strategy on a completely measured cell. Regret is over the fastest legal "
    "config; it is empty as long as no trial was correct. The tie-set of a cell: configs whose 95% "
    "interval overlaps the best one's.",
    (
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        _STRATEGY,
        Column("source", pa.string(), "source GPU, or the one left out; may be empty", True),
        Column("seed", pa.int32(), "random seed; 0 for deterministic strategies"),
        Column("trials", pa.int32(), "trials made, failed ones included"),
        Column("gpu_seconds", pa.float64(), "recorded GPU seconds of those trials"),
        Column("trials_to_2pct", pa.int32(), "trials until regret <= 1.02; empty if never", True),
        Column("gpu_seconds_to_2pct", pa.float64(), "GPU seconds until then", True),
        Column("score", pa.float64(), "scripts.transfer.reading.score: 0 as random, 1 best"),
        *_REGRETS,
        *_TIES,
        *_SECONDS,
    ),
    ("1: first version",),
)

RIVALS = Table(
    "rivals",
    1,
    "SEARCHES rows that were made once and recorded, each with the trials that it was made on.",
    (
        *SEARCHES.columns,
        Column("trials_sha256", pa.string(), "of the cell's trials, see Recording.digest"),
    ),
    ("1: first version",),
)

SEARCH_RATES = Table(
    "search_rates",
    2,
    "One row per (GPU, strategy, class, K): means over cells, of each the mean over its runs. "
    "Intervals: percentile bootstrap over cells and over files, the wider of the two.",
    (
        _DEVICE,
        _STRATEGY,
        Column("group", pa.string(), "all, E, scheme, regime, vendor or source"),
        Column("value", pa.string(), "which of the group; empty for all"),
        Column("K", pa.int32(), "trial budget"),
        Column("n", pa.int32(), "cells"),
        Column("gpu_seconds", pa.float64(), "GPU seconds of the K trials, mean"),
        Column("found", pa.float64(), "share of runs with a correct trial"),
        Column("regret", pa.float64(), "geometric mean over those", True),
        Column(
            "regret_low", pa.float64(), "lower end of its interval; by class: of S1-S8 only", True
        ),
        Column("regret_high", pa.float64(), "upper end", True),
        Column("within_1", pa.float64(), "share of runs with regret <= 1.01"),
        Column("within_2", pa.float64(), "<= 1.02"),
        Column("within_5", pa.float64(), "<= 1.05"),
        Column("within_10", pa.float64(), "<= 1.10"),
        Column("tied", pa.float64(), "share of runs in the tie-set"),
    ),
    _BY_DEVICE,
)

SEARCH_COSTS = Table(
    "search_costs",
    2,
    "One row per (GPU, strategy, class): what it takes to come within 2% of the best. Quantiles "
    "over cells, of each the median over its runs; a run that never arrives counts as infinite, "
    "and a quantile that is infinite is empty.",
    (
        _DEVICE,
        _STRATEGY,
        Column("group", pa.string(), "all, E, scheme, regime, vendor or source"),
        Column("value", pa.string(), "which of the group; empty for all"),
        Column("n", pa.int32(), "cells"),
        Column("runs", pa.int32(), "runs"),
        Column("seeds", pa.int32(), "runs of a cell from one source; 1 if deterministic"),
        Column("arrived", pa.float64(), "share of runs that come within 2%"),
        Column("trials_median", pa.float64(), "trials to within 2%, median", True),
        *interval("its interval; all only", prefix="trials_median_", nullable=True),
        Column("trials_p95", pa.float64(), "95th percentile", True),
        *interval("its interval; all only", prefix="trials_p95_", nullable=True),
        Column("gpu_seconds_median", pa.float64(), "GPU seconds to within 2%, median", True),
        Column("gpu_seconds_p95", pa.float64(), "95th percentile", True),
        Column("trials_made", pa.float64(), "trials made until the end, mean"),
        Column("gpu_seconds", pa.float64(), "GPU seconds until the end, mean"),
        Column("score", pa.float64(), "mean score"),
    ),
    _BY_DEVICE,
)

_CONFIG = "canonical config id, see scripts.lib.config.Config"

SEARCH_CHOICES = Table(
    "search_choices",
    1,
    "One row per run of S1-S8 (with its variants that stop early or read all sources): the config "
    "that it chose in the end, beside the fastest and the committed one.",
    (
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        _STRATEGY,
        Column("source", pa.string(), "source GPU; empty: all", True),
        Column("trials", pa.int32(), "trials made"),
        Column("best_id", pa.string(), f"the fastest legal config: {_CONFIG}"),
        Column("chosen_id", pa.string(), f"{_CONFIG}; empty if no trial was correct", True),
        Column("regret", pa.float64(), "latency of the choice over the fastest", True),
        Column("tied", pa.bool_(), "the choice is in the cell's tie-set"),
        Column("trial_best_tile", pa.int32(), "first trial with the fastest's BLOCK_SIZE_M", True),
        Column("trial_tile_64", pa.int32(), "first trial with BLOCK_SIZE_M 64", True),
        Column("ratio", pa.float64(), "latency of the choice over the committed config's", True),
        *interval("its 95% interval", nullable=True),
    ),
    ("1: first version",),
)

SEARCH_VERDICTS = Table(
    "search_verdicts",
    2,
    "One row per (GPU, strategy, class): what S1-S8 chose against the committed config, on "
    "recorded latencies. Each cell and source counts once; intervals by cells and sources, and "
    "by files, the wider of the two.",
    (
        _DEVICE,
        _STRATEGY,
        Column("group", pa.string(), "all, scheme, regime or source"),
        Column("value", pa.string(), "which of the group; empty for all"),
        Column("metric", pa.string(), "win, tie, loss, or within_2 of the committed config"),
        *ESTIMATE,
    ),
    _BY_DEVICE,
)

SEARCH_BEHIND = Table(
    "search_behind",
    1,
    "The runs of S1-S8 that end further behind the fastest config than the margin, with the "
    "nearest cause.",
    (
        *SEARCH_CHOICES.columns,
        Column("cause", pa.string(), "noise, stopped_early, tile_not_tried or budget"),
    ),
    ("1: first version",),
)

SEARCH_PAIRS = Table(
    "search_pairs",
    2,
    "One row per (GPU, other search, K): its regret over that of S1-S8 from all sources, cell by "
    "cell. Intervals: percentile bootstrap over cells and over files, the wider of the two.",
    (
        _DEVICE,
        Column("other", pa.string(), "strategy or baseline"),
        Column("K", pa.int32(), "trial budget"),
        Column("n", pa.int32(), "cells on which both found a correct config"),
        Column("ratio", pa.float64(), "geometric mean; above 1 S1-S8 is ahead", True),
        *interval(nullable=True),
        Column("ahead", pa.int32(), "cells on which S1-S8 is ahead"),
        Column("behind", pa.int32(), "cells on which it is behind"),
        Column("seconds_ratio", pa.float64(), "GPU seconds of the other over S1-S8's, mean"),
    ),
    _BY_DEVICE,
)
