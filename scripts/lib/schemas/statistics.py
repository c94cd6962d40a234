"""What the statistics write: gaps, paired comparisons, verdicts, rates and quality, with intervals.

Every estimate carries two bootstrap intervals, one from resampling rows (triples, cells) and one
from resampling whole files, because the rows of one config file were tuned together and are not
independent. Both stand in the table; the wider is the interval that is quoted.
"""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table

_CELL = Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell")
_CONFIG = Column("config_id", pa.string(), "canonical config id, see scripts.lib.config.Config")
_SOURCE = Column("source", pa.string(), "GPU whose config files are the source")
_TARGET = Column("target", pa.string(), "GPU for which a config is wanted")
_FIRST = ("1: first version",)

ESTIMATE = (
    Column("mean", pa.float64(), "the estimate over all rows", nullable=True),
    *interval("the quoted (wider) interval", nullable=True),
    Column("n", pa.int32(), "rows that have a value"),
    Column("clusters", pa.int32(), "config files those rows come from"),
    Column("ci_by", pa.string(), "rows, clusters or exact: which interval is quoted"),
    Column("rows_low", pa.float64(), "lower end, rows resampled", nullable=True),
    Column("rows_high", pa.float64(), "upper end, rows resampled", nullable=True),
    Column("clusters_low", pa.float64(), "lower end, files resampled", nullable=True),
    Column("clusters_high", pa.float64(), "upper end, files resampled", nullable=True),
)

GAPS = Table(
    "gaps",
    1,
    "Days from the source file's commit to the target file's, per ordered device pair.",
    (
        _SOURCE,
        _TARGET,
        Column("file_pairs", pa.int32(), "pairs of files of the same shape"),
        Column("triples", pa.int32(), "rows of the corpus for this pair"),
        Column("metric", pa.string(), "gap_days_last or gap_days_first, days"),
        *ESTIMATE,
    ),
    _FIRST,
)

PAIRWISE = Table(
    "pairwise",
    1,
    "Each finalist slot of a cell against the committed config and against the cell's best.",
    (
        _CELL,
        _CONFIG,
        Column("slot", pa.int16(), "finalist's index"),
        Column("rounds", pa.int32(), "rounds in which this slot was sampled"),
        Column("median_us", pa.float64(), "median over the rounds, us"),
        Column("committed_ratio", pa.float64(), "median ratio, slot / committed", nullable=True),
        *interval(prefix="committed_", nullable=True),
        Column("best_ratio", pa.float64(), "median ratio, slot / best slot", nullable=True),
        *interval(prefix="best_", nullable=True),
        Column("best", pa.bool_(), "the slot with the lowest paired latency"),
        Column("tie", pa.bool_(), "cannot be told from the best"),
    ),
    _FIRST,
)

AA = Table(
    "aa",
    1,
    "Two slots of one config in one cell: what the procedure says where nothing differs.",
    (
        _CELL,
        _CONFIG,
        Column("slot_a", pa.int16(), "reference slot"),
        Column("slot_b", pa.int16(), "slot judged against it"),
        Column("rounds", pa.int32(), "rounds in which both were sampled"),
        Column("ratio", pa.float64(), "median ratio, b / a", nullable=True),
        *interval(nullable=True),
        Column("verdict", pa.string(), "win, tie or loss; anything but tie is false"),
    ),
    _FIRST,
)

VERDICTS = Table(
    "verdicts",
    1,
    "One row per row of the replay: the choice against the committed config and the best.",
    (
        _CELL,
        Column("strategy", pa.string(), "strategy or baseline"),
        Column("source", pa.string(), "source GPU; empty for baselines", nullable=True),
        Column("seed", pa.int32(), "random seed; 0 for deterministic strategies"),
        Column("K", pa.int32(), "trial budget"),
        Column("choice", pa.string(), "config chosen, empty if none", nullable=True),
        Column("evidence", pa.string(), "same, paired, sweep or none"),
        Column("ratio", pa.float64(), "latency of choice / committed", nullable=True),
        *interval(nullable=True),
        Column("verdict", pa.string(), "win, tie or loss at the margin"),
        Column("within_2", pa.bool_(), "ratio <= 1.02"),
        Column("within_5", pa.bool_(), "ratio <= 1.05"),
        Column("within_10", pa.bool_(), "ratio <= 1.10"),
        Column("regret", pa.float64(), "choice / best, >= 1; of complete cells", nullable=True),
    ),
    _FIRST,
)

RATES = Table(
    "rates",
    1,
    "Verdicts over the cells of a device pair; baselines over the same cells.",
    (
        _SOURCE,
        _TARGET,
        Column("strategy", pa.string(), "strategy or baseline"),
        Column("K", pa.int32(), "trial budget"),
        Column("cells", pa.int32(), "cells judged, those without a correct choice included"),
        Column("metric", pa.string(), "win, tie, loss, within_2, within_5, within_10, regret"),
        *ESTIMATE,
    ),
    _FIRST,
)

QUALITY = Table(
    "quality",
    1,
    "How good known configs are on the measured cells, and how often A/A pairs mislead.",
    (
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("candidate", pa.string(), "what is judged: default, best, S1 from a source, …"),
        Column("metric", pa.string(), "ratio to what (geometric mean), or a rate"),
        Column("smallest", pa.float64(), "smallest value of a single row", nullable=True),
        Column("largest", pa.float64(), "largest value of a single row", nullable=True),
        *ESTIMATE,
    ),
    _FIRST,
)

REPEAT = Table(
    "repeat",
    2,
    "Cells that were measured twice, whole, in separate runs: how far the two agree.",
    (
        Column("dataset", pa.string(), "folder of the second recording"),
        _CELL,
        Column("configs", pa.int32(), "configs that both runs found correct"),
        Column("shift", pa.float64(), "median over configs of second / first latency"),
        Column("spread", pa.float64(), "median of |second / first / shift - 1|, uncut configs"),
        Column("spearman", pa.float64(), "rank correlation of the configs' latencies"),
        Column("best_again", pa.float64(), "first run's best over the second's, in the second"),
        Column("best_paired", pa.bool_(), "best_again comes from interleaved finals"),
        Column("best_ties", pa.bool_(), "first run's best cannot be told from the second's"),
    ),
    ("2: dataset", "1: first version"),
)
