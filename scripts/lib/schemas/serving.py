"""What is served: requests over HTTP, what the operator's record predicts, a workload replayed."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.engine import (
    BATCH,
    BOOT,
    CONFIG,
    DEVICE,
    MODEL,
    OUTCOME,
    ROUTING,
    SHAPE,
)
from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table

_BENCH = (
    ("request_throughput", "requests a second"),
    ("output_throughput", "output tokens a second"),
    *(
        (f"{part}_{name}_ms", f"{words}, ms")
        for name, words in (
            ("ttft", "to a request's first token"),
            ("tpot", "of a token after it, by request"),
            ("itl", "between two tokens"),
            ("e2el", "to a request's last token"),
        )
        for part in ("mean", "median", "p50", "p99")
    ),
)
ENGINE_BENCH = Table(
    "engine_bench",
    1,
    "One row per run of vllm bench serve against vLLM's own OpenAI server, over HTTP; fields as it "
    "reports them.",
    (
        DEVICE,
        MODEL,
        Column("layers", pa.int32(), "layers that were booted"),
        *BOOT,
        CONFIG,
        Column("round", pa.int32(), "of the boot, from 0, in their order"),
        *OUTCOME,
        Column("requests", pa.int32(), "answered", nullable=True),
        Column("concurrency", pa.int32(), "requests at once, at most"),
        Column("file", pa.string(), "config file that was read; empty: none", nullable=True),
        *(Column(name, pa.float64(), words, nullable=True) for name, words in _BENCH),
    ),
    ("1: first version",),
)

BENCH_RATIOS = Table(
    "bench_ratios",
    1,
    "One row per (model, config, base, field): what a config does to a field of ENGINE_BENCH. "
    "Rounds of a boot are averaged; boots are the clusters: Student's interval of the mean of "
    "their log ratios, from three boots on, since of two it has no end worth its name.",
    (
        DEVICE,
        MODEL,
        CONFIG,
        Column("base", pa.string(), "the config that it is held against"),
        Column("field", pa.string(), "of ENGINE_BENCH"),
        Column("boots", pa.int32(), "boots that hold both"),
        Column("rounds", pa.int32(), "runs under each, of all boots"),
        Column("ratio", pa.float64(), "config over base within a boot, mean over boots"),
        *interval(nullable=True),
        Column("least", pa.float64(), "the least of the boots' ratios"),
        Column("largest", pa.float64(), "the largest of them"),
        Column("again", pa.float64(), "largest of base's two rounds of a boot over the other, - 1"),
    ),
    ("1: first version",),
)

# How far apart prediction and measurement may be: a percentage point of a step.
WITHIN = 0.01
LAW = Table(
    "law",
    2,
    "One row per (model, batch, routing, config, base): what the operator alone predicts of a "
    "decode step and what the engine took. Predicted: 1 + MoE layers x (operator under config - "
    "under base) / kernel time of a step under base.",
    (
        DEVICE,
        MODEL,
        SHAPE,
        Column("moe_layers", pa.int32(), "MoE calls of a step"),
        BATCH,
        ROUTING,
        CONFIG,
        Column("base", pa.string(), "the config that it is held against"),
        Column("same", pa.bool_(), "both are one config: nothing may differ"),
        Column(
            "predicted",
            pa.float64(),
            "ratio; drawn: the operator on the same draws; uniform: its record's rounds "
            "that chose nothing",
        ),
        *interval(prefix="predicted_", nullable=True),
        Column("measured", pa.float64(), "gpu_ratio of ENGINE_RATIOS"),
        *interval(nullable=True),
        Column("apart", pa.float64(), "predicted - measured"),
        Column("within", pa.bool_(), "they are at most a percentage point apart"),
        Column("open", pa.bool_(), "further apart, but their intervals overlap: not told apart"),
        Column("wall", pa.float64(), "ratio of ENGINE_RATIOS: by wall clock"),
    ),
    ("2: routing", "1: first version"),
)

REPLAY = Table(
    "replay",
    2,
    "One row per (GPU, layer, before, requests at once; 0: all together): steps of a workload "
    "replayed on the operator's recorded rounds, before and after a file.",
    (
        DEVICE,
        SHAPE,
        Column("scheme", pa.string(), "number formats"),
        Column("concurrency", pa.int32(), "requests at once; 0: of all"),
        Column("before", pa.string(), "the file committed, or default: no file"),
        Column("steps", pa.int32(), "steps replayed, each before and after in the same round"),
        Column("tokens", pa.int64(), "tokens of these steps"),
        Column("before_us", pa.float64(), "their operator time before, summed, us"),
        Column("after_us", pa.float64(), "after"),
        Column("ratio", pa.float64(), "tokens a second, after over before"),
        *interval("its interval, bootstrap over steps and over the rounds of each batch size"),
        Column("median_ratio", pa.float64(), "median latency of a step, after over before"),
        Column("p95_ratio", pa.float64(), "95th percentile of it, after over before"),
        Column("slower", pa.float64(), "share of steps slower after than before by over 1%"),
    ),
    ("2: intervals over rounds, too", "1: first version"),
)
