"""What is counted over all measured datasets: cells, coverage, spread, false wins."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.outcome import Outcome, Stop
from scripts.lib.schemas.statistics import ESTIMATE
from scripts.lib.tables import Column, Table

_DATASET = Column("dataset", pa.string(), "folder of the measured dataset")
_CELL = Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell")
_DEVICE = Column("device", pa.string(), "GPU, named as in config files")
_SCHEME = Column("scheme", pa.string(), "number formats")
_TOKENS = Column("tokens", pa.int32(), "M, tokens")
_COMPLETE = Column("complete", pa.bool_(), "every legal config and the committed one were tried")
_FIRST = ("1: first version",)


class Kind(StrEnum):
    """What repeats the same config on the same cell, and how far apart in time."""

    TWINS = "twins"  # an A/A pair of the interleaved finals: |median ratio - 1|
    ANCHORS = "anchors"  # the config re-run along its cell, mostly the committed: (max-min)/median
    RUNS = "runs"  # two recordings on two machines: |second / first - 1|
    RUNS_SHIFTED = "runs_shifted"  # the same, the cell's median ratio divided out first


RECORDED = Table(
    "recorded",
    1,
    "One row per cell of a dataset: what was tried on it and what became of it.",
    (
        _DATASET,
        _CELL,
        _DEVICE,
        Column("shape_id", pa.string(), "layer, see scripts.lib.shape.Shape"),
        _SCHEME,
        _TOKENS,
        Column("trials", pa.int32(), "configs with an outcome, not_measured included"),
        *(Column(str(name), pa.int32(), f"trials whose outcome is {name}") for name in Outcome),
        Column("reason", pa.string(), "commonest reason of not_measured", nullable=True),
        Column("legal", pa.int32(), "legal configs of the space; empty if none is known", True),
        _COMPLETE,
        Column("committed", pa.bool_(), "the committed config of the cell ran and was correct"),
        *(Column(f"by_{name}", pa.int32(), f"trials that stopped by {name}") for name in Stop),
        Column("within_2", pa.int32(), "correct configs within 2% of the best that was tried"),
        Column("logits_diff", pa.float64(), "largest of its correct trials", nullable=True),
        Column("drift", pa.float64(), "(max-min)/median of the committed config", nullable=True),
        Column("throttled", pa.bool_(), "a slowdown reason was seen; empty: never ended", True),
        Column("marks", pa.string(), "as in CELLS; empty: never ended, or no mark", nullable=True),
        Column("trial_seconds", pa.float64(), "wall seconds for which its trials held the GPU"),
        Column("around_seconds", pa.float64(), "… and what stood around them", nullable=True),
    ),
    _FIRST,
)  # fmt: skip

BINARIES = Table(
    "binaries",
    1,
    "Binaries compiled for a dataset, by outcome.",
    (
        _DATASET,
        _DEVICE,
        Column("outcome", pa.string(), "correct or compile_error"),
        Column("binaries", pa.int32(), "binaries"),
        Column("cpu_seconds", pa.float64(), "seconds of compiling, summed over the cores"),
    ),
    _FIRST,
)

COVERAGE = Table(
    "coverage",
    1,
    "Every cell for which a GPU has a committed config, at the batch sizes of the ladder: a row "
    "for each dataset that tried it; a cell that none tried has one row with the reason.",
    (
        _CELL,
        _DEVICE,
        _SCHEME,
        _TOKENS,
        Column("file", pa.string(), "config file that holds the committed config"),
        Column("dataset", pa.string(), "dataset that tried it; empty if none did", nullable=True),
        Column("trials", pa.int32(), "configs that were tried"),
        Column("correct", pa.int32(), "configs that were correct"),
        Column("committed", pa.bool_(), "the committed config ran and was correct"),
        _COMPLETE,
        Column("status", pa.string(), "measured or not_measured"),
        Column("reason", pa.string(), "why not (NotMeasured)", nullable=True),
    ),
    _FIRST,
)

SPREAD = Table(
    "spread",
    1,
    "Latencies of the same config on the same cell, measured twice or more: how far apart.",
    (
        _DATASET,
        Column("kind", pa.string(), "twins, anchors, runs or runs_shifted (Kind)"),
        _CELL,
        Column("config_id", pa.string(), "config; empty for anchors", nullable=True),
        Column("value", pa.float64(), "relative difference, 0.01 is 1%"),
    ),
    _FIRST,
)

FALSE_WINS = Table(
    "false_wins",
    1,
    "How often the procedure calls one of two slots that ran the same config the winner.",
    (
        _DEVICE,
        Column("dataset", pa.string(), "dataset, or all"),
        Column("metric", pa.string(), "false_win or false_loss, a rate"),
        *ESTIMATE,
    ),
    _FIRST,
)
