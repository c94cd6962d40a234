"""What the audit on the GPU itself finds: two tuners on the grid, choices of fresh processes."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table

_FIRST = ("1: first version",)
_DEVICE = Column("device", pa.string(), "GPU, named as in config files")
_LAYER = Column("layer", pa.string(), "the whole layer, see scripts.lib.shape.Shape")
_EP = Column("ep", pa.int32(), "ranks of expert parallelism; one of them is timed")
_TOKENS = Column("tokens", pa.int32(), "M, tokens routed over all experts")
_CELL = (_DEVICE, _LAYER, _EP, _TOKENS)
_PAIR = (
    Column("first", pa.string(), "a tuner, see scripts.audit.live.entrants"),
    Column("second", pa.string(), "the other"),
)

LIVE_GRID = Table(
    "live_grid",
    2,
    "One row per (layer, degree of expert parallelism, tokens, pair of tuners): what both choose "
    "in fresh processes, and how the choices compare in interleaved rounds of the same processes.",
    (
        *_CELL,
        *_PAIR,
        Column("reason", pa.string(), "why nothing was compared; empty where it was", True),
        Column("processes", pa.int32(), "in which the choices were compared"),
        Column("matched", pa.int32(), "of them those in which both chose one config"),
        Column("pick_first", pa.string(), "chosen most often; a + between the two GEMMs'", True),
        Column("pick_second", pa.string(), "likewise", True),
        Column("margin_first", pa.float64(), "its second best over its best - 1, median", True),
        Column("margin_second", pa.float64(), "likewise", True),
        Column("parity", pa.bool_(), "outputs agree, and each with the reference", True),
        Column("logits_diff", pa.float64(), "of the two outputs, the largest", True),
        Column("max_abs", pa.float64(), "largest difference of two outputs", True),
        Column("ratio", pa.float64(), "second's pass over the first's, where they differ", True),
        *interval("its interval, which holds that of each process by its rounds", nullable=True),
        Column("word", pa.string(), "of the second: win, tie or loss, at the margin", True),
        Column("faster", pa.int32(), "processes in which the second's choice is the faster", True),
        Column("spread", pa.float64(), "between processes: largest ratio over smallest - 1", True),
        Column("floor", pa.float64(), "the noise floor: largest |ratio - 1| of an A/A pair", True),
        Column("pass_first", pa.float64(), "us of a whole pass, first process", True),
        Column("pass_second", pa.float64(), "likewise", True),
        Column("kernels_first", pa.float64(), "us of its kernels, by the driver's records", True),
        Column("kernels_second", pa.float64(), "likewise", True),
        Column("profiling_first", pa.float64(), "launches of a GEMM in one tuning, median", True),
        Column("profiling_second", pa.float64(), "likewise", True),
        Column("running", pa.float64(), "launches of a GEMM when both are run, median", True),
    ),
    ("2: intervals of processes, not of all their rounds together", *_FIRST),
)

LIVE_PICKS = Table(
    "live_picks",
    2,
    "One row per (layer, degree, tokens, tuner): what it chose, started again and again.",
    (
        *_CELL,
        Column("tuner", pa.string(), "see scripts.audit.live.entrants"),
        Column("restarts", pa.int32(), "fresh processes in which it chose"),
        Column("failed", pa.int32(), "in which it did not: raised, or returned no number"),
        Column("reason", pa.string(), "of the first failure", True),
        Column("choices", pa.int32(), "different configs chosen"),
        Column("same", pa.float64(), "share of the commonest", True),
        Column("config_id", pa.string(), "that config", True),
        Column("bits", pa.float64(), "entropy of the choice", True),
        Column("timed_at", pa.int32(), "tokens that it timed", True),
        Column("margin", pa.float64(), "its second best over its best - 1, median", True),
        Column("seconds", pa.float64(), "of one tuning, median", True),
        Column("ranked", pa.float64(), "tactics that it timed, median", True),
        Column(
            "named",
            pa.float64(),
            "share of restarts that choose the commonest or name it as what another may choose",
            True,
        ),
        Column("decided", pa.float64(), "share that names nothing beside its choice", True),
    ),
    ("2: ranked, named, decided", *_FIRST),
)

LIVE_POOLED = Table(
    "live_pooled",
    1,
    "One row per (layer, degree, tokens, processes of a tuning): tunings that are spread over "
    "fresh processes, none of which serves two, and choose by the rule of the race.",
    (
        *_CELL,
        Column("processes", pa.int32(), "of one tuning"),
        Column("restarts", pa.int32(), "tunings"),
        Column("choices", pa.int32(), "different configs chosen"),
        Column("same", pa.float64(), "share of the commonest"),
        Column("named", pa.float64(), "share that choose the commonest or name it"),
        Column("decided", pa.float64(), "share that names nothing beside its choice"),
        Column("config_id", pa.string(), "the commonest"),
        Column("regret", pa.float64(), "latency of the choices over the fastest, all processes"),
    ),
    _FIRST,
)

LIVE_APART = Table(
    "live_apart",
    1,
    "One row per (layer, degree, tokens): deviation between fresh processes of how far two tactics "
    "are apart, as this audit has it and as the one had it from which the race knew it.",
    (
        *_CELL,
        Column("processes", pa.int32(), "of this audit"),
        Column("apart", pa.float64(), "root mean square over pairs of tactics, log units", True),
        Column("processes_before", pa.int32(), "of the earlier audit, on another GPU of the kind"),
        Column("before", pa.float64(), "likewise", True),
    ),
    _FIRST,
)

LIVE_SHAPES = Table(
    "live_shapes",
    1,
    "One row per (cell, pair, GEMM, shapes): launches of one comparison, counted inside captured "
    "graphs without waiting for the GPU.",
    (
        *_CELL,
        *_PAIR,
        Column("gemm", pa.string(), "gate_up or down"),
        Column("shapes", pa.string(), "of A, B and C, and the tile M x N x K"),
        Column("calls", pa.int32(), "launches"),
    ),
    _FIRST,
)
