"""Committed configs of other GPUs as choices that predictions can be held against."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.schemas.statistics import ESTIMATE
from scripts.lib.tables import Column, Table


class Order(StrEnum):
    """By what the legal configs of a cell are put in order, the fastest or nearest first."""

    MEASURED = "measured"  # recorded latencies of all of them
    LAYER_OUT = "layer_out"  # graphx-sim, taught as scripts.lib.teaching says; recorded cells only
    FAMILY_OUT = "family_out"
    GPU_OUT = "gpu_out"
    MEASURED_THERE = "measured_there"  # latencies recorded on the teacher, of the same layer and M
    SIM = "sim"  # graphx-sim as it is used for a GPU of which nothing is recorded
    CROWD = "crowd"  # the same, weighed with how unlikely a config is among other GPUs' files
    FITTED = "fitted"  # its equations, fitted, without the learned correction
    EQUATIONS = "equations"  # its equations, unfitted
    NEAREST = "nearest"  # by distance from the teacher's committed config for the layer
    DEFAULT = "default"  # by distance from what vLLM launches without a file


TOPS = (8, 16, 64)
OUTSIDE = "outside_space"  # of a row whose config no published search of the GPU tries
ALL, FREE = "all", "uncensored"  # number formats together; the same without censored rows

_DEVICE = Column("device", pa.string(), "GPU, named as in config files")
_SCHEME = Column("scheme", pa.string(), "number formats")
_KEY = (
    _DEVICE,
    _SCHEME,
    Column("file", pa.string(), "config file that holds the row"),
    Column("tokens", pa.int32(), "M"),
    Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
    Column("config_id", pa.string(), "committed: canonical id, see scripts.lib.config.Config"),
    Column("censored", pa.bool_(), "the best of a curtailed search only (scripts.mine.censoring)"),
)
_FIRST = ("1: first version",)

CHOSEN_ROWS = Table(
    "chosen_rows",
    1,
    "Every committed row of a GPU and number formats whose legal configs are known, whether the "
    "row's config is one of them, and whether it was asked for.",
    (
        *_KEY,
        Column("reason", pa.string(), "why it is not legal: outside_space, or Rejection", True),
        Column("asked", pa.bool_(), "whether CHOSEN_PLACES holds it: some rows of a file"),
    ),
    _FIRST,
)

CHOSEN_PLACES = Table(
    "chosen_places",
    1,
    "Where a committed config stands among the legal configs of its cell, in one order: one row "
    "per (committed row, order). Of large spaces some configs stand for all.",
    (
        *_KEY,
        Column("order", pa.string(), "by what: Order"),
        Column("configs", pa.int32(), "in that order, the committed one among them"),
        Column("whole", pa.bool_(), "whether these are all legal configs"),
        Column("ahead", pa.int32(), "of them before the committed one"),
        Column("tied", pa.int32(), "others that the order does not tell from it"),
        Column("ratio", pa.float64(), "its latency over the least, in that order", nullable=True),
    ),
    _FIRST,
)

CHOSEN_PARTS = Table(
    "chosen_parts",
    1,
    "The same by graphx-sim with a part of the GPU's record replaced by the teacher's, over the "
    "same legal configs, some of all: one row per (committed row, part).",
    (
        *_KEY,
        Column("teacher", pa.string(), "GPU whose record gave the part"),
        Column("part", pa.string(), "scripts.catalogue.orders.PARTS, or record: all of them"),
        Column("configs", pa.int32(), "in both orders"),
        Column("own", pa.float64(), "share of the others before the committed one, own record"),
        Column("replaced", pa.float64(), "the same with the part replaced"),
    ),
    _FIRST,
)

FORESEEN = Table(
    "foreseen",
    1,
    "What CHOSEN_PLACES and CHOSEN_PARTS say, by GPU, number formats and order.",
    (
        _DEVICE,
        Column("scheme", pa.string(), "number formats; all: together; uncensored: without those"),
        Column("order", pa.string(), "by what: Order"),
        Column("part", pa.string(), "of the record that was replaced; empty: none"),
        Column(
            "metric",
            pa.string(),
            "ahead, ahead_median: share of the other legal configs that stand before the committed "
            "one, chance 0.5; first_K: it is among the first K; ratio: its latency over the least, "
            "both in that order, geometric mean; more: ahead less that by graphx-sim (layer out on "
            "a recorded GPU) with the GPU's own record, on the rows that have both",
        ),
        *ESTIMATE,
    ),
    _FIRST,
)
