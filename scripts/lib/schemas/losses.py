"""Cells where the committed config stays ahead of everything else that was tried, one by one."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table


class Kind(StrEnum):
    """How far the best other config stays behind the committed one."""

    LOSS = "loss"  # beyond the margin: the verdict of GAINS
    BEHIND = "behind"  # within the margin, but its whole interval lies above 1


class Cause(StrEnum):
    """The closed list of causes, in the order in which they are asked for: the first one holds."""

    NOISE = "noise"  # the second recording does not say it, or it holds by less than one moves
    SPACE = "space"  # the committed config is outside the legal space
    BUDGET = "budget"  # one that is no slower, or one a parameter away, was not among the tried
    CENSORED_LABEL = "censored_label"  # the committed config is the best of a curtailed search
    VERSION = "version"  # its file names another Triton than it was measured with
    BEST_KNOWN = "best_known"  # none of these: all that lies near was tried, and is slower


LOSSES = Table(
    "losses",
    2,
    "One row per cell of a dataset whose best other config stays behind the committed one.",
    (
        Column("dataset", pa.string(), "folder of the measured dataset"),
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("scheme", pa.string(), "number formats"),
        Column("tokens", pa.int32(), "M, tokens"),
        Column("kind", pa.string(), "loss or behind (Kind)"),
        Column("cause", pa.string(), "nearest cause (Cause)"),
        Column("evidence", pa.string(), "what decided the cause, in words"),
        Column("committed_id", pa.string(), "committed config of the cell"),
        Column("chosen_id", pa.string(), "the best other config"),
        Column("ratio", pa.float64(), "chosen / committed"),
        *interval(),
        Column("widened", pa.string(), "verdict if the interval allows for the A/A error"),
        Column("marks", pa.string(), "of the cell, as in CELLS", nullable=True),
        Column("again_verdict", pa.string(), "of the same two in the second recording", True),
        Column("again_low", pa.float64(), "lower end of its interval", nullable=True),
        Column("again_ratio", pa.float64(), "chosen / committed there", nullable=True),
        Column("again_high", pa.float64(), "upper end of its interval", nullable=True),
        Column("moves", pa.float64(), "median move of such a ratio between recordings", True),
        Column("in_space", pa.bool_(), "the committed config is in the legal space"),
        Column("near", pa.int32(), "legal configs one parameter away from it"),
        Column("near_tried", pa.int32(), "those of them that were tried"),
        Column("tile_tried", pa.bool_(), "another config with its BLOCK_SIZE_M was tried"),
        Column("known_id", pa.string(), "config that another dataset finds no slower", True),
        Column("known_ratio", pa.float64(), "its ratio there", nullable=True),
        Column("known_dataset", pa.string(), "that dataset", nullable=True),
        Column("censored", pa.string(), "why the label is censored", nullable=True),
        Column("file", pa.string(), "config file that holds the committed config"),
        Column("triton_version", pa.string(), "as that file says", nullable=True),
        Column("measured_triton", pa.string(), "Triton of the dataset's runs"),
    ),
    ("2: widened", "1: first version"),
)  # fmt: skip
