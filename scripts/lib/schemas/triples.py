"""What a copied config is worth on the measured GPU, triple by triple."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table


class Unproved(StrEnum):
    """The closed list of reasons for which a triple has no ratio."""

    NOT_MEASURED = "not_measured"  # the cell or the copied config on it: no verdict
    COMMITTED_FAILED = "committed_failed"  # nothing to compare with: no verdict
    COPY_FAILED = "copy_failed"  # the copied config did not run, or not correctly: a loss


TRIPLE_VERDICTS = Table(
    "triple_verdicts",
    1,
    "One row per triple whose target is the measured GPU: the source's committed config, carried "
    "over as it stands (S1), against the one committed for the target.",
    (
        Column("source", pa.string(), "GPU whose committed config is copied"),
        Column("target", pa.string(), "the measured GPU"),
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("shape_id", pa.string(), "layer, see scripts.lib.shape.Shape"),
        Column("scheme", pa.string(), "number formats"),
        Column("tokens", pa.int32(), "M, tokens"),
        Column("dataset", pa.string(), "folder of the measured dataset"),
        Column("source_file", pa.string(), "config file of the source"),
        Column("target_file", pa.string(), "config file of the target"),
        Column("source_config_id", pa.string(), "config committed for the source"),
        Column("carried_id", pa.string(), "the same, keys of the other vendor dropped"),
        Column("committed_id", pa.string(), "config committed for the target"),
        Column("outcome", pa.string(), "of the carried config on the cell (Outcome)"),
        Column("evidence", pa.string(), "same, paired, sweep or none, as in VERDICTS"),
        Column("ratio", pa.float64(), "latency, carried / committed", nullable=True),
        *interval(nullable=True),
        Column("verdict", pa.string(), "win, tie or loss at the margin; empty: not judged", True),
        Column("reason", pa.string(), "why there is no ratio (Unproved)", nullable=True),
        Column("marks", pa.string(), "of the cell, as in CELLS: what supports no claim", True),
        Column("source_censored", pa.string(), "why the source's label is censored", True),
        Column("target_censored", pa.string(), "why the target's label is censored", True),
        Column("source_reachable", pa.bool_(), "the loader can ask for the source's file"),
        Column("target_reachable", pa.bool_(), "the loader can ask for the target's file"),
        Column("gap_days_last", pa.float64(), "target minus source, last commits, days"),
        Column("gap_days_first", pa.float64(), "target minus source, first commits, days"),
    ),
    ("1: first version",),
)  # fmt: skip
