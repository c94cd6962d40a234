"""Which verdicts of a recording stand in a second one of the same cells."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.schemas.statistics import ESTIMATE
from scripts.lib.tables import Column, Table

_SECOND = Column("dataset", pa.string(), "folder of the second recording")
_DEVICE = Column("device", pa.string(), "GPU, named as in config files")
_CELL = Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell")


class Standing(StrEnum):
    """What became of a cell's verdict."""

    STANDS = "stands"  # the second recording says the same word of the same two configs
    FLIPS = "flips"  # another word, and the two intervals share no value
    UNDECIDED = "undecided"  # another word, but the intervals overlap; or nothing to say it by


REVALIDATION = Table(
    "revalidation",
    1,
    "One row per cell of a second recording: the first one's verdict on its best other config, "
    "asked again of the same two configs; tie-sets, order, and what measuring ties only costs.",
    (
        _SECOND,
        Column("first", pa.string(), "folder of the first recording"),
        _CELL,
        Column("configs", pa.int32(), "configs that both runs found correct"),
        Column("change", pa.float64(), "median over configs of second / first latency"),
        Column("change_low", pa.float64(), "its 2.5th percentile over configs"),
        Column("change_high", pa.float64(), "its 97.5th percentile over configs"),
        Column("moved_id", pa.string(), "config whose ratio lies farthest from the median"),
        Column("moved", pa.float64(), "its ratio over the median"),
        Column("spearman", pa.float64(), "rank correlation of the configs' latencies", True),
        Column("ties", pa.int32(), "configs of the first run's tie-set"),
        Column("ties_again", pa.int32(), "configs of the second run's"),
        Column("ties_both", pa.int32(), "configs of both"),
        Column("best_id", pa.string(), "the second run's best finalist"),
        Column("best_in_ties", pa.bool_(), "it is in the first run's tie-set"),
        Column("committed_id", pa.string(), "committed config of the cell", nullable=True),
        Column("chosen_id", pa.string(), "the first run's best other config", nullable=True),
        Column("ratio", pa.float64(), "chosen / committed in the first run", nullable=True),
        *interval(nullable=True),
        Column("verdict", pa.string(), "win, tie or loss; empty: not judged", nullable=True),
        Column("again_evidence", pa.string(), "paired, sweep or none, as in VERDICTS"),
        Column("again_ratio", pa.float64(), "the same two in the second run", nullable=True),
        *interval(prefix="again_", nullable=True),
        Column("again_verdict", pa.string(), "win, tie or loss", nullable=True),
        Column("standing", pa.string(), "stands, flips or undecided (Standing)", nullable=True),
        Column("trials", pa.int32(), "trials of the second run"),
        Column("tie_trials", pa.int32(), "those of them on the first run's ties and committed"),
        Column("seconds", pa.float64(), "GPU seconds of all its trials"),
        Column("tie_seconds", pa.float64(), "GPU seconds of those on ties and committed"),
    ),
    ("1: first version",),
)

REVALIDATION_RATES = Table(
    "revalidation_rates",
    2,
    "Over the cells of a second recording: how often a verdict stood, and whether ties suffice.",
    (
        _DEVICE,
        _SECOND,
        Column("first", pa.string(), "folder of the first recording"),
        Column(
            "metric", pa.string(), "stands, flips, undecided: of the judged; best_in_ties: of all"
        ),
        *ESTIMATE,
    ),
    ("2: device", "1: first version"),
)

PREMISES = Table(
    "premises",
    2,
    "What the runs of two recordings stood on, and whether it is the same.",
    (
        _DEVICE,
        _SECOND,
        Column("first", pa.string(), "folder of the first recording"),
        Column("premise", pa.string(), "what is compared"),
        Column("value_first", pa.string(), "of the first recording, comma-separated if several"),
        Column("value_second", pa.string(), "of the second"),
        Column("equal", pa.bool_(), "both say the same"),
    ),
    ("2: device", "1: first version"),
)

CHANGES = Table(
    "changes",
    1,
    "One row per config of a cell that two recordings found correct.",
    (
        _SECOND,
        _CELL,
        Column("config_id", pa.string(), "see scripts.lib.config.Config"),
        Column("first_us", pa.float64(), "median latency in the first recording, us"),
        Column("second_us", pa.float64(), "in the second, us"),
        Column("change", pa.float64(), "second / first"),
        Column("cut", pa.bool_(), "one of the two was cut early: too slow to matter"),
    ),
    ("1: first version",),
)
