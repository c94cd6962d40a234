"""Feature matrices: cells, their levels, their numbers, their features, their kernels."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

_DEVICE = Column("device", pa.string(), "GPU, named as in config files")
_CELL = Column("cell", pa.string(), "model/features, of the matrix's file of switches")

MATRIX_CELLS = Table(
    "matrix_cells",
    1,
    "One row per cell of a matrix, in the order in which they run.",
    (
        _DEVICE,
        _CELL,
        Column("model", pa.string(), "of the matrix"),
        Column("kind", pa.string(), "baseline, again, feature, pair or planted"),
        Column("phase", pa.string(), "P1 to P6"),
        Column("features", pa.string(), "settings other than the baseline's, joined by +"),
        Column("state", pa.string(), "see scripts.matrix.verdicts.State"),
        Column("reason", pa.string(), "for the state; empty if there is nothing to say"),
        Column("startup_s", pa.float64(), "until the engine could be asked, s", nullable=True),
        Column("at_once", pa.int32(), "engines that booted side by side", nullable=True),
    ),
    ("1: first version",),
)

MATRIX_LEVELS = Table(
    "matrix_levels",
    1,
    "One row per cell and level.",
    (
        _DEVICE,
        _CELL,
        Column("level", pa.string(), "name"),
        Column("number", pa.string(), "1, 1.5, 2 to 6"),
        Column("word", pa.string(), "passed, failed, not_applicable or not_measured"),
        Column("reason", pa.string(), "why; empty if there is nothing to say"),
    ),
    ("1: first version",),
)

MATRIX_NUMBERS = Table(
    "matrix_numbers",
    1,
    "One row per cell and metric of the performance level.",
    (
        _DEVICE,
        _CELL,
        Column("metric", pa.string(), "step_gpu: s with a kernel running, a decode step of one "
               "sequence; ppN_gpu: the same, a prefill of N tokens; ppN: s to the first token "
               "behind N; tgN: s a token over N decoded; "
               "served_tpot: the same of several at once; fields of vllm bench; peak_bytes, "
               "resident_bytes, cpu_share (of one core)"),
        Column("value", pa.float64(), "in the metric's unit"),
        Column("low", pa.float64(), "smallest of the repeats", nullable=True),
        Column("high", pa.float64(), "largest of the repeats", nullable=True),
        Column("n", pa.int32(), "repeats or requests"),
        Column("ratio", pa.float64(), "over the mean of the baseline's boots", nullable=True),
        Column("floor", pa.float64(), "what a new boot of the baseline may differ by, as a share; "
               "empty with one boot", nullable=True),
    ),
    ("1: first version",),
)  # fmt: skip

MATRIX_FEATURES = Table(
    "matrix_features",
    2,
    "One row per model, feature and criterion; one without a criterion has one row.",
    (
        _DEVICE,
        _CELL,
        Column("model", pa.string(), "of the matrix"),
        Column("feature", pa.string(), "switch=setting"),
        Column("hypothesis", pa.string(), "what was expected"),
        Column("criterion", pa.string(), "metric and limit, or that there is none"),
        Column("value", pa.float64(), "the metric over the baseline's", nullable=True),
        Column("limit", pa.float64(), "at most", nullable=True),
        Column("low", pa.float64(), "of the 95% interval of value, by boots", nullable=True),
        Column("high", pa.float64(), "the same", nullable=True),
        Column("outcome", pa.string(), "met (high at most limit), not_met (low above it), "
               "undecided, not_judged, invalid, failed, not_supported or not_measured"),
    ),
    ("2: low and high, by which it is decided", "1: first version"),
)  # fmt: skip

MATRIX_KERNELS = Table(
    "matrix_kernels",
    1,
    "One row per cell and kernel of a profile of decode steps of one sequence.",
    (
        _DEVICE,
        _CELL,
        Column("part", pa.string(), "of the step, see scripts.matrix.timeline.PARTS"),
        Column("kernel", pa.string(), "name, cut off at 160 characters"),
        Column("calls", pa.float64(), "a step"),
        Column("us", pa.float64(), "a step, us"),
        Column("share", pa.float64(), "of all kernels' time"),
    ),
    ("1: first version",),
)

MATRIX_STEPS = Table(
    "matrix_steps",
    2,
    "One row per cell: a decode step of one sequence, and what bounds it.",
    (
        _DEVICE,
        _CELL,
        Column("layers", pa.int32(), "of the model as booted"),
        Column("gpus", pa.int32(), "that it is spread over; the rest is of the first"),
        Column("span_us", pa.float64(), "a step, first kernel's start to last one's end, us"),
        Column("busy_us", pa.float64(), "of it with a kernel running, us"),
        Column("idle_us", pa.float64(), "of it without, us"),
        Column("gaps", pa.float64(), "pieces that the idle time is in, a step"),
        Column("experts_us", pa.float64(), "kernels of the MoE layers, us a step"),
        Column("experts_bytes", pa.float64(), "weights of the chosen experts, read once, a step"),
        Column("bandwidth_share", pa.float64(), "bytes / experts_us over the GPU's bandwidth"),
        Column("dense_us", pa.float64(), "dense GEMMs, us a step"),
        Column("dense_bytes", pa.float64(), "attention's projections, router, head; read once"),
        Column("dense_share", pa.float64(), "bytes / dense_us over the GPU's bandwidth"),
        Column("bound_us", pa.float64(), "both bytes over the GPU's bandwidth, us"),
    ),
    ("2: GPUs, dense GEMMs and the bound of a step", "1: first version"),
)

MATRIX_COMPARED = Table(
    "matrix_compared",
    1,
    "One row per cell and metric of level 5 between an earlier record of a GPU and its matrix.",
    (
        _DEVICE,
        Column("planted", pa.string(), "nothing: the matrix against the earlier record; slower: "
               "the matrix against itself with 4% more time, heavier: with 1.2 GB more"),
        _CELL,
        Column("metric", pa.string(), "of matrix_numbers"),
        Column("first", pa.float64(), "of the earlier, mean of a baseline's boots, s or bytes"),
        Column("second", pa.float64(), "of the later"),
        Column("ratio", pa.float64(), "second over first"),
        Column("floor", pa.float64(), "what two such means may differ by, as a share; empty of "
               "bytes and of what is not compared", nullable=True),
        Column("change", pa.string(), "regression, better, none_shown or not_compared"),
        Column("reason", pa.string(), "why it is not compared"),
    ),
    ("1: first version",),
)  # fmt: skip

MATRIX_CHECKS = Table(
    "matrix_checks",
    1,
    "One row per test of level 5 on the recorded boots of a baseline, of models booted twice.",
    (
        _DEVICE,
        Column("model", pa.string(), "of the matrix"),
        _CELL,
        Column("planted", pa.string(), "nothing: this boot against the others; slower: 4% more "
               "time, heavier: 1.2 GB more than the boots' mean, against all of them"),
        Column("fired", pa.bool_(), "it is called a regression"),
        Column("word", pa.string(), "passed, failed or not_measured"),
        Column("reason", pa.string(), "why; empty if there is nothing to say"),
    ),
    ("1: first version",),
)  # fmt: skip

MATRIX_SLOWED = Table(
    "matrix_slowed",
    1,
    "One row per engine and time of a matrix whose engines are slowed for real.",
    (
        _DEVICE,
        _CELL,
        Column("slowed", pa.bool_(), "no: a boot of the good setting, against its others"),
        Column("metric", pa.string(), "of matrix_numbers"),
        Column("foretold", pa.float64(), "over the good setting's, said before it was run",
               nullable=True),
        Column("value", pa.float64(), "s"),
        Column("ratio", pa.float64(), "over the good setting's boots"),
        Column("boots", pa.int32(), "of the good setting, that it is held against"),
        Column("floor", pa.float64(), "what one boot more of it may differ by, as a share"),
        Column("found", pa.bool_(), "level 5 calls it a regression"),
    ),
    ("1: first version",),
)  # fmt: skip
