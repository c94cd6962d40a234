"""What the best of the configs tried gains over the committed one."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.schemas.statistics import ESTIMATE
from scripts.lib.tables import Column, Table

_DATASET = Column("dataset", pa.string(), "folder of the measured dataset")
_DEVICE = Column("device", pa.string(), "GPU, named as in config files")
_FIRST = ("1: first version",)


class Unjudged(StrEnum):
    """The closed list of reasons for which a cell has no verdict."""

    NOT_MEASURED = "not_measured"  # nothing of it was tried, or it was never finished
    NO_COMMITTED = "no_committed"  # the GPU has no committed config for it
    COMMITTED_FAILED = "committed_failed"  # which did not run, or not correctly
    NO_PAIRS = "no_pairs"  # too few interleaved rounds hold it and another config


GAINS = Table(
    "gains",
    1,
    "One row per cell of a dataset: the best of its other configs, picked by one half of the "
    "interleaved rounds, against the committed one, by the other half.",
    (
        _DATASET,
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        _DEVICE,
        Column("shape_id", pa.string(), "layer, see scripts.lib.shape.Shape"),
        Column("scheme", pa.string(), "number formats"),
        Column("tokens", pa.int32(), "M, tokens"),
        Column("complete", pa.bool_(), "tried was the whole space; if not, a list of candidates"),
        Column("marks", pa.string(), "as in CELLS: what supports no claim", nullable=True),
        Column("tried", pa.int32(), "configs of which one is the best"),
        Column("committed_id", pa.string(), "committed config of the cell", nullable=True),
        Column("chosen_id", pa.string(), "the best other config", nullable=True),
        Column("ratio", pa.float64(), "median ratio, chosen / committed", nullable=True),
        *interval(nullable=True),
        Column("verdict", pa.string(), "win, tie or loss at the margin", nullable=True),
        Column("reason", pa.string(), "why there is none (Unjudged)", nullable=True),
    ),
    _FIRST,
)

GAIN_RATES = Table(
    "gain_rates",
    2,
    "Verdicts and ratios of GAINS over the judged cells of a dataset.",
    (
        _DEVICE,
        _DATASET,
        Column("scheme", pa.string(), "number formats, or all"),
        Column(
            "metric",
            pa.string(),
            "win, tie, loss, win_widened, loss_widened, non_inferior_widened: rates; ratio: "
            "geometric mean",
        ),
        *ESTIMATE,
    ),
    ("2: widened by what identical pairs differ by", "1: first version"),
)
