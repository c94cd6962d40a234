"""What identical pairs say of the error of a verdict, and what is shown at which margin."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.statistics import ESTIMATE
from scripts.lib.tables import Column, Table

_FIRST = ("1: first version",)

AA_RATES = Table(
    "aa_rates",
    1,
    "How identical pairs compare in the finals of each dataset: over all batch sizes and of each.",
    (
        Column("dataset", pa.string(), "folder of the measured dataset"),
        Column("tokens", pa.int32(), "M; empty: all", nullable=True),
        Column("pairs", pa.int32(), "A/A pairs that have an interval"),
        Column("missed", pa.float64(), "share whose 95% interval does not hold 1"),
        Column("false_win", pa.float64(), "share called a win at the margin"),
        Column("false_loss", pa.float64(), "share called a loss at the margin"),
        Column("error", pa.float64(), "95th percentile of |log ratio|, upper order statistic"),
    ),
    _FIRST,
)

MARGINS = Table(
    "margins",
    2,
    "What is shown of choices against the committed configs, by source and margin, over the rows "
    "that have a ratio. Each is win, loss, equal or open; non_inferior: some of all but loss.",
    (
        Column("device", pa.string(), "GPU whose committed configs are the other side"),
        Column("choice", pa.string(), "searched, fastest (on the GPU itself) or copied (replayed)"),
        Column("source", pa.string(), "source GPU; together: one search from all of them"),
        Column("error", pa.string(), "recorded: the interval of the rounds; widened: by the A/A"),
        Column("margin", pa.float64(), "0.01 is 1%"),
        Column("metric", pa.string(), "win, loss, non_inferior, equal or open, each a rate"),
        *ESTIMATE,
    ),
    ("2: non_inferior was called not_worse", "1: first version"),
)
