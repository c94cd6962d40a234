"""What tuning costs, here and by the published method: a file, recorded layers, what taught."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table

_DEVICE = Column("device", pa.string(), "GPU, named as in config files")
_SHAPE = Column("shape_id", pa.string(), "layer, see scripts.lib.shape.Shape")
_DATASET = Column("dataset", pa.string(), "folder of the measured dataset")
_COMPILING = "wall seconds of compiling, on all cores"


class CostOf(StrEnum):
    """Whose cost it is, and how the two compare."""

    GRAPHX = "graphx"
    UPSTREAM = "upstream"  # the published method, its compiler's cache kept: once a file
    UPSTREAM_COLD = "upstream_cold"  # …, compiling anew at each batch size
    RATIO = "ratio"  # upstream / graphx
    RATIO_COLD = "ratio_cold"  # upstream_cold / graphx


class Part(StrEnum):
    """What of it; a step of graphx has its own name."""

    COMPILE = "compile"  # of the published method: configs that are legal
    COMPILE_ILLEGAL = "compile_illegal"  # …, and those that fail once they are compiled
    TIMING = "timing"
    TOTAL = "total"
    CHECK = "sampled_over_summed"  # timing of the sampled configs, as sampled over as summed
    # Of a ratio, what taught the predictor counted in:
    SHARED = "with_training_shared"  # over all files of the GPU
    ALONE = "with_training"  # all of it charged to this file


COST = Table(
    "cost",
    2,
    "What tuning one config file, every batch size of the ladder, takes on one GPU: by this "
    "harness, all of which ran, and by the published method: each legal config's recorded latency "
    "times the method's calls, and compiling at the mean of what was sampled in line. Of a ratio "
    "and of the check the columns of seconds hold factors.",
    (
        _DEVICE,
        _SHAPE,
        Column("what", pa.string(), "graphx, upstream, upstream_cold or a ratio (CostOf)"),
        Column("part", pa.string(), "a step of graphx, or Part"),
        Column("value", pa.float64(), "wall seconds, for which the GPU is held"),
        *interval("its interval, if sampled", nullable=True),
        Column("gpu_seconds", pa.float64(), "seconds of them in which configs run on the GPU"),
        Column("cpu_seconds", pa.float64(), "cores x seconds: all while graphx compiles, else one"),
        Column("samples", pa.int32(), "configs whose compiling was sampled; empty: none", True),
        Column("configs", pa.int32(), "configs tried at each batch size"),
        Column("batches", pa.int32(), "batch sizes of the file"),
    ),
    (
        "2: recorded latencies, not sampled ones; upstream and ratio are those with a cache, which "
        "were upstream_cached and ratio_cached; seconds of the GPU and the cores",
        "1: first version",
    ),
)

COST_CELLS = Table(
    "cost_cells",
    1,
    "One row per cell of layers recorded with every legal config at every batch size of the "
    "ladder, on a GPU and in a number format of which tuning was timed: what the published method "
    "runs there, and the regret of what that tuning chose, over the fastest recorded config.",
    (
        _DATASET,
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        _DEVICE,
        _SHAPE,
        Column("tokens", pa.int32(), "M, tokens"),
        Column("configs", pa.int32(), "configs of the published space"),
        Column("legal", pa.int32(), "… that the GPU can launch"),
        Column("timed", pa.int32(), "… of which a latency was recorded"),
        Column("latency_us", pa.float64(), "sum of their latencies, us"),
        Column("timing_seconds", pa.float64(), "… times the calls of the published method"),
        Column("chosen_id", pa.string(), "config that the timed tuning chose", nullable=True),
        Column("regret", pa.float64(), "its latency over the fastest, freed of drift", True),
    ),
    ("1: first version",),
)

COST_RECORDINGS = Table(
    "cost_recordings",
    1,
    "Recordings all of whose cells are in COST_CELLS: seconds of recording every legal config, "
    "and of the published method on the same cells, as in COST. Of a ratio the factors.",
    (
        _DEVICE,
        _DATASET,
        Column("what", pa.string(), "graphx, upstream, upstream_cold or a ratio (CostOf)"),
        Column("layers", pa.int32(), "layers"),
        Column("cells", pa.int32(), "cells"),
        Column("configs", pa.int32(), "configs tried on each"),
        Column("compile_seconds", pa.float64(), _COMPILING, nullable=True),
        Column("timing_seconds", pa.float64(), "seconds of trials or timing", nullable=True),
        Column("around_seconds", pa.float64(), "… and around them", nullable=True),
        Column("value", pa.float64(), "their sum"),
        *interval("its interval, if sampled", nullable=True),
        Column("cpu_seconds", pa.float64(), "cores x seconds, as in COST"),
        Column("samples", pa.int32(), "configs whose compiling was sampled; empty: none", True),
    ),
    ("1: first version",),
)

COST_TRAINING = Table(
    "cost_training",
    1,
    "Recordings from which the predictor of the timed tuning had learned, and what they took.",
    (
        _DEVICE,
        _SHAPE,
        _DATASET,
        Column("has_layer", pa.bool_(), "the predictor had learned the tuned layer itself"),
        Column("layers", pa.int32(), "layers of the recording"),
        Column("cells", pa.int32(), "cells of the recording"),
        Column("trials", pa.int32(), "trials of the recording"),
        Column("compile_seconds", pa.float64(), _COMPILING),
        Column("trial_seconds", pa.float64(), "seconds of trials"),
        Column("around_seconds", pa.float64(), "… and around them"),
        Column("cpu_seconds", pa.float64(), "cores x seconds, as in COST"),
        Column("files", pa.int32(), "config files of the GPU, over which all of it is spread"),
        Column("model_sha256", pa.string(), "SHA-256 of the predictor's file"),
        Column("model_version", pa.string(), "its version"),
        Column("named", pa.bool_(), "the record of the tuning names it; else it is the one "
               "recorded at the same commit on the same GPU"),
    ),
    ("1: first version",),
)  # fmt: skip
