"""What measuring records: trials, interleaved finals, cells, compiled binaries.

All times are GPU time of one pass of the stated scope, in one CUDA graph: ``kernel`` is the gate-up
GEMM of one MoE layer, ``two_gemm`` that and the down GEMM with token alignment prepared before,
``layer`` all from alignment to the weighted sum.
"""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

_CELL = Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell")
_CONFIG = Column("config_id", pa.string(), "canonical config id, see scripts.lib.config.Config")

TRIALS = Table(
    "trials",
    3,
    "One row per config tried on a cell: its outcome and, if correct, its latency.",
    (
        _CELL,
        _CONFIG,
        Column("run_id", pa.string(), "run of the harness, key into runs.json"),
        Column("order", pa.int32(), "position in the cell's random order of trials, from 0"),
        Column("outcome", pa.string(), "scripts.lib.outcome.Outcome"),
        Column("reason", pa.string(), "why, where the outcome is not correct", nullable=True),
        Column("detail", pa.string(), "more than not_measured's closed list says", nullable=True),
        Column("stopped_by", pa.string(), "precision, cap or slow (cut early)", nullable=True),
        Column("samples", pa.int32(), "timed graph replays"),
        Column("median_us", pa.float64(), "median latency of one pass, us", nullable=True),
        Column("p95_us", pa.float64(), "95th percentile of the samples, us", nullable=True),
        Column("low_us", pa.float64(), "lower end of the median's 95% interval", nullable=True),
        Column("high_us", pa.float64(), "upper end of the median's 95% interval", nullable=True),
        Column("anchor_us", pa.float64(), "the cell's anchor_id about then, us", nullable=True),
        Column("logits_diff", pa.float64(), "1 - 2<x,y>/(<x,x>+<y,y>), worst GEMM", nullable=True),
        Column("relative_error", pa.float64(), "||x-y||/||y||, worst GEMM", nullable=True),
        Column("registers_up", pa.int16(), "registers per thread, gate-up GEMM", nullable=True),
        Column("registers_down", pa.int16(), "registers per thread, down GEMM", nullable=True),
        Column("spills_up", pa.int16(), "spilled registers a thread, gate-up GEMM", nullable=True),
        Column("spills_down", pa.int16(), "spilled registers a thread, down GEMM", nullable=True),
        Column("gpu_seconds", pa.float64(), "wall seconds the trial held the GPU"),
        Column("predicted_us", pa.float64(), "graphx-sim's, before the trial, us", nullable=True),
        Column("model_version", pa.string(), "version of graphx-sim's model", nullable=True),
        Column("spec_hash", pa.string(), "locked spec; before there was one, the protocol's hash"),
        Column("supersedes", pa.string(), "hash of an earlier not_measured line", nullable=True),
    ),
    (
        "3: detail, spec_hash, supersedes",
        "2: the prediction that was stamped on the plan",
        "1: first version",
    ),
)

FINALS = Table(
    "finals",
    1,
    "Interleaved samples of the finalists of a cell, in time order.",
    (
        _CELL,
        _CONFIG,
        Column("run_id", pa.string(), "run of the harness, key into runs.json"),
        Column("slot", pa.int16(), "finalist's index; two slots of one config are an A/A pair"),
        Column("round", pa.int16(), "round; order is reversed in every odd one (A B B A)"),
        Column("us", pa.float64(), "latency of one pass, us"),
    ),
    ("1: first version",),
)

CELLS = Table(
    "cells",
    2,
    "One row per measured cell: what was computed, how, and the state of the GPU around it.",
    (
        _CELL,
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("E", pa.int32(), "experts"),
        Column("N", pa.int32(), "intermediate size per rank"),
        Column("K", pa.int32(), "hidden size"),
        Column("top_k", pa.int32(), "experts per token"),
        Column("scheme", pa.string(), "number formats"),
        Column("tokens", pa.int32(), "M, tokens"),
        Column("scope", pa.string(), "what one pass is: kernel, two_gemm or layer"),
        Column("routing", pa.string(), "routing profile of the draws"),
        Column("weights", pa.string(), "cold: weight sets rotate, past the L2 cache; warm: one"),
        Column("backend", pa.string(), "gpu, or Triton's interpreter, whose times mean nothing"),
        Column("run_time", pa.string(), "parameters left to the launch, comma-joined"),
        Column("draws", pa.int32(), "routing draws in one graph, the same for all candidates"),
        Column("passes", pa.int32(), "passes in one graph, over the draws and weight sets"),
        Column("weight_sets", pa.int32(), "weight sets the passes rotate through"),
        Column("seed", pa.int64(), "seed of inputs and routing"),
        Column("bytes", pa.float64(), "fewest bytes of one pass, mean over the draws"),
        Column("flops", pa.float64(), "floating-point operations of one pass"),
        Column("roofline_us", pa.float64(), "max(bytes/bandwidth, flops/rate), us", nullable=True),
        Column("committed_id", pa.string(), "committed config of the cell", nullable=True),
        Column("anchor_id", pa.string(), "config run again and again for drift", nullable=True),
        Column("anchor_error", pa.string(), "why the anchor does not run", nullable=True),
        Column("finals_error", pa.string(), "why there are no finals", nullable=True),
        Column("drift", pa.float64(), "(max-min)/median of the anchor's re-runs"),
        Column("throttled", pa.bool_(), "a slowdown reason other than idle or power cap was seen"),
        Column("marks", pa.string(), "busy, disturbed, drifted, throttled: comma-joined or empty"),
        Column("sm_clock_mhz", pa.int32(), "SM clock, MHz, median of the readings", nullable=True),
        Column("sm_clock_min_mhz", pa.int32(), "least of the readings, MHz", nullable=True),
        Column("sm_clock_max_mhz", pa.int32(), "greatest of the readings, MHz", nullable=True),
        Column("temperature_c", pa.int32(), "highest reading, degrees C", nullable=True),
        Column("power_w", pa.float64(), "highest reading of the board, W", nullable=True),
        Column("readings", pa.int32(), "readings of the GPU's state", nullable=True),
        Column("gpu_seconds", pa.float64(), "wall seconds the cell held the GPU"),
        Column("run_id", pa.string(), "run that finished the cell, key into runs.json"),
        Column("spec_hash", pa.string(), "locked spec; before there was one, the protocol's hash"),
        Column("protocol_hash", pa.string(), "the protocol's numbers, in runs.json in full"),
        Column("kernel_hash", pa.string(), "all kernel sources"),
    ),
    (
        "2: conditions, marks, range of clocks, errors, hashes; temperature and power were the "
        "last readings before, and still are in cells measured before there was a spec",
        "1: first version",
    ),
)

COMPILES = Table(
    "compiles",
    1,
    "One row per compiled binary (a config's gate-up or down GEMM).",
    (
        Column("run_id", pa.string(), "run of the harness, key into runs.json"),
        Column("binary_id", pa.string(), "what the binary depends on: config and variant"),
        Column("outcome", pa.string(), "correct or compile_error"),
        Column("reason", pa.string(), "the compiler's message", nullable=True),
        Column("seconds", pa.float64(), "CPU wall seconds of this compilation"),
        Column("shared_bytes", pa.int32(), "shared memory of one block, bytes", nullable=True),
    ),
    ("1: first version",),
)

CORRECTNESS = Table(
    "correctness",
    1,
    "One row per (number formats, layer, config): the layer against the float64 reference.",
    (
        Column("machine", pa.string(), "interpreter, or the GPU as in config files"),
        Column("triton", pa.string(), "Triton version"),
        Column("scheme", pa.string(), "number formats"),
        Column("compute", pa.string(), "16-bit format of layer inputs and outputs"),
        Column("case", pa.string(), "what the layer probes, see scripts.measure.correctness_cases"),
        Column("tokens", pa.int32(), "M"),
        Column("E", pa.int32(), "experts"),
        Column("N", pa.int32(), "intermediate size"),
        Column("K", pa.int32(), "hidden size"),
        Column("top_k", pa.int32(), "experts per token"),
        Column("held", pa.string(), "experts of this rank: all, half, none"),
        Column("bias", pa.bool_(), "both GEMMs add one"),
        Column("swap", pa.bool_(), "operands of the matrix instruction swapped"),
        _CONFIG,
        Column("outcome", pa.string(), "scripts.lib.outcome.Outcome"),
        Column("reason", pa.string(), "why, where the outcome is not correct", nullable=True),
        Column("logits_diff", pa.float64(), "1 - 2<x,y>/(<x,x>+<y,y>)", nullable=True),
        Column("relative_error", pa.float64(), "||x-y||/||y||", nullable=True),
    ),
    ("1: first version",),
)
