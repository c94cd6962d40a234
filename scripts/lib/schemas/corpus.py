"""What the corpus phase writes: triples, pairs of devices, shapes."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

# What makes two files the same shape: every part of the name but the device.
SHAPE_KEY = ("E", "N", "dtype", "block_shape", "backend")

_SOURCE = Column("source", pa.string(), "GPU the config comes from, as in file names")
_TARGET = Column("target", pa.string(), "GPU it is carried to, as in file names")
_SHAPE = (
    Column("E", pa.int32(), "experts (per rank)"),
    Column("N", pa.int32(), "intermediate size (per rank)"),
    Column("dtype", pa.string(), "as in the name; empty for 16-bit formats"),
    Column("block_shape", pa.string(), "as in the name; empty if none"),
    Column("backend", pa.string(), "as in the name; empty for Triton"),
    Column("scheme", pa.string(), "number formats, our word for them"),
)

TRIPLES = Table(
    "triples",
    1,
    "One row per (source GPU, target GPU, shape, batch) for which both GPUs have a row in the "
    "history: ordered pairs, the shape being all of the name but the device. Foreign kernels, "
    "unreachable files and censored labels are in, and marked.",
    (
        _SOURCE,
        _TARGET,
        *_SHAPE,
        Column("batch", pa.int32(), "batch size M, tokens"),
        Column("source_config_id", pa.string(), "config; empty if a foreign kernel's", True),
        Column("target_config_id", pa.string(), "config; empty if a foreign kernel's", True),
        Column("source_file", pa.string(), "config file of the source"),
        Column("target_file", pa.string(), "config file of the target"),
        Column("gap_days_last", pa.float64(), "target minus source, last commits, days"),
        Column("gap_days_first", pa.float64(), "target minus source, first commits, days"),
        Column("source_reachable", pa.bool_(), "the loader can ask for the source's file"),
        Column("target_reachable", pa.bool_(), "the loader can ask for the target's file"),
        Column("source_censored", pa.string(), "why the source's label is censored", True),
        Column("target_censored", pa.string(), "why the target's label is censored", True),
        Column("identical", pa.bool_(), "both files say the same for this batch"),
    ),
    ("1: first version; gaps by committer date",),
)

PAIRS = Table(
    "pairs",
    1,
    "One row per ordered pair of GPUs with at least one triple.",
    (
        _SOURCE,
        _TARGET,
        Column("file_pairs", pa.int32(), "pairs of files"),
        Column("triples", pa.int32(), "triples"),
        Column("identical", pa.int32(), "triples whose configs are identical"),
        Column("target_later", pa.int32(), "triples whose target file was last touched later"),
        Column("target_censored", pa.int32(), "triples whose target label is censored"),
        Column("unreachable", pa.int32(), "triples one of whose files the loader cannot reach"),
        Column("foreign", pa.int32(), "triples of another kernel's launch parameters"),
    ),
    ("1: first version",),
)

SHAPES = Table(
    "shapes",
    1,
    "One row per shape of the history, joined to the model whose layer it most likely is.",
    (
        *_SHAPE,
        Column("shape_id", pa.string(), "scripts.lib.shape.Shape.id"),
        Column("K", pa.int32(), "hidden size"),
        Column("top_k", pa.int32(), "experts per token"),
        Column("model", pa.string(), "model chosen by the rule; empty if none fits", True),
        Column("split", pa.string(), "tp or ep: what the layer is split over", True),
        Column("degree", pa.int32(), "GPUs it is split over", True),
        Column("assumed", pa.bool_(), "no model fits: K and top_k are the default"),
        Column("alternatives", pa.string(), "the other models that fit, best first; may be empty"),
        Column("files", pa.int32(), "config files of this shape"),
        Column("rows", pa.int32(), "entries in them"),
        Column("first_seen", pa.timestamp("ms", tz="UTC"), "commit date of its first file"),
    ),
    ("1: first version",),
)
