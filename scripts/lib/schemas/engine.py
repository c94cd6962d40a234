"""What vLLM's engine was measured at: boots, decode steps, outputs, requests served."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table

DEVICE = Column("device", pa.string(), "GPU, named as in config files")
MODEL = Column("model", pa.string(), "of the engine study, few layers of a public one")
SHAPE = Column("shape", pa.string(), "its MoE layer, see scripts.lib.shape.Shape")
LAYERS = (
    Column("layers", pa.int32(), "layers that were booted"),
    Column("moe_layers", pa.int32(), "those of them with experts"),
)
BOOT = (
    Column("recording", pa.string(), "folder of its journal"),
    Column("boot", pa.string(), "name of the boot, of its journal"),
)
CONFIG = Column(
    "config",
    pa.string(),
    "committed: vLLM's own file; default: what it launches without one; ours: rows that the "
    "operator's record chose, or a prediction",
)
BATCH = Column("batch", pa.int32(), "requests that decode together, tokens of an MoE call")
OUTCOME = (
    Column("outcome", pa.string(), "see scripts.engine.outcome.Outcome"),
    Column("reason", pa.string(), "why it is not ok; empty if it is"),
)

ROUTING = Column(
    "routing",
    pa.string(),
    "of tokens to experts: uniform, anew in every step; drawn, the same draws under every config",
)

ENGINE_BOOTS = Table(
    "engine_boots",
    1,
    "One row per boot of vLLM's engine.",
    (
        DEVICE,
        MODEL,
        *BOOT,
        Column("start", pa.int32(), "of the run that booted it, from 0"),
        *OUTCOME,
        Column("seconds", pa.float64(), "until it answered or was given up"),
        Column("moe_backend", pa.string(), "as its log names it", nullable=True),
        Column("attention_backend", pa.string(), "likewise", nullable=True),
        Column("peak_bytes", pa.int64(), "of its tensors on the GPU", nullable=True),
        Column("vllm", pa.string(), "release", nullable=True),
        Column("kernel_hash", pa.string(), "of the runtime's kernel source"),
        Column("planted", pa.bool_(), "whether it was made to fail"),
    ),
    ("1: first version",),
)

ENGINE_FAULTS = Table(
    "engine_faults",
    1,
    "One row per boot that was made to fail, or that something was made to happen to.",
    (
        DEVICE,
        MODEL,
        *BOOT,
        *OUTCOME,
        Column("seconds", pa.float64(), "until it was known"),
    ),
    ("1: first version",),
)

ENGINE_STEPS = Table(
    "engine_steps",
    2,
    "One row per (boot, pass, config, batch): decode steps of a booted engine.",
    (
        DEVICE,
        MODEL,
        SHAPE,
        Column("scheme", pa.string(), "number formats of its experts"),
        *LAYERS,
        *BOOT,
        Column("pass", pa.int32(), "of the boot, from 0; each turns the order of configs round"),
        CONFIG,
        BATCH,
        ROUTING,
        *OUTCOME,
        Column("wall_us", pa.float64(), "median wall time of a step, us", nullable=True),
        Column("gpu_us", pa.float64(), "of a step, in which a kernel runs, us", nullable=True),
        Column("kernel_us", pa.float64(), "its kernels, summed, us", nullable=True),
        Column("gemm_us", pa.float64(), "of these the experts' GEMMs", nullable=True),
        Column("moe_us", pa.float64(), "these, the alignment and the sum", nullable=True),
        Column("steps", pa.int32(), "timed by wall clock"),
        Column(
            "mix",
            pa.string(),
            "JSON: scheduled tokens of a step -> steps of the run, its prefill's included",
            nullable=True,
        ),
        Column(
            "calls",
            pa.string(),
            "JSON: tokens of an MoE call -> calls outside of CUDA graphs, which are the prefill's",
            nullable=True,
        ),
    ),
    ("2: routing", "1: first version"),
)

FASTER, SLOWER, OPEN = "faster", "slower", "open"
_RATIO = "config over base within a boot, mean over boots"
ENGINE_RATIOS = Table(
    "engine_ratios",
    3,
    "One row per (model, batch, routing, config, base): what a config does to a decode step. Boots "
    "are the clusters: Student's interval of the mean of their log ratios; none from one boot.",
    (
        DEVICE,
        MODEL,
        SHAPE,
        Column("scheme", pa.string(), "number formats of its experts"),
        *LAYERS,
        BATCH,
        ROUTING,
        CONFIG,
        Column("base", pa.string(), "the config that it is held against, one of those"),
        Column("boots", pa.int32(), "boots that hold both"),
        Column("ratio", pa.float64(), f"wall time of a step, {_RATIO}"),
        *interval(nullable=True),
        Column("gpu_ratio", pa.float64(), f"time of a step in which a kernel runs, {_RATIO}"),
        *interval(prefix="gpu_", nullable=True),
        Column("gpu_p", pa.float64(), "that gpu_ratio is 1, two-sided, Student's", nullable=True),
        Column(
            "gpu_p_adjusted",
            pa.float64(),
            "by Holm over the counted rows of a GPU that hold config against base",
            nullable=True,
        ),
        Column(
            "gpu_word", pa.string(), f"{FASTER}, {SLOWER} or {OPEN}, so corrected", nullable=True
        ),
        Column("base_wall_us", pa.float64(), "wall time of a step under base, mean over boots, us"),
        Column("base_gpu_us", pa.float64(), "time in which a kernel runs, us"),
        Column("base_moe_us", pa.float64(), "of these the experts', us"),
        Column("spread", pa.float64(), "largest over smallest such time of base over boots, - 1"),
        Column(
            "counted", pa.bool_(), "told of its model: drawn, if it was routed so, else uniform"
        ),
    ),
    ("3: gpu_p, gpu_p_adjusted, gpu_word", "2: routing", "1: first version"),
)

ENGINE_OUTPUTS = Table(
    "engine_outputs",
    2,
    "One row per (boot, config) whose outputs were held against those of the boot's first config: "
    "random weights of full size, the model's own gate.",
    (
        DEVICE,
        MODEL,
        SHAPE,
        *BOOT,
        CONFIG,
        Column("again", pa.bool_(), "the first config once more"),
        Column("planted", pa.bool_(), "under a fault, so that outputs must be found wrong"),
        Column("fault", pa.string(), "other weights, or what an experts' GEMM leaves out; or none"),
        *OUTCOME,
        Column("logits_diff", pa.float64(), "largest over prompts, last layer", nullable=True),
        Column("prompts", pa.int32(), "how many", nullable=True),
        Column("next_equal", pa.int32(), "prompts with the same next token", nullable=True),
        Column("tied", pa.int32(), "prompts whose two next tokens were tied", nullable=True),
        Column("tokens_equal", pa.int32(), "greedy tokens that are equal", nullable=True),
        Column("tokens_compared", pa.int32(), "up to the first that differs", nullable=True),
        Column("file", pa.string(), "config file that was read; empty: none", nullable=True),
        Column("launched", pa.string(), "JSON: tokens -> id of the config launched", nullable=True),
        Column("kernel_hash", pa.string(), "of the runtime's kernel source"),
    ),
    ("2: fault", "1: first version"),
)

ENGINE_SERVED = Table(
    "engine_served",
    1,
    "One row per (boot, config, round) of requests served as they arrive; fields as vllm bench "
    "serve has them.",
    (
        DEVICE,
        MODEL,
        *BOOT,
        CONFIG,
        Column("round", pa.int32(), "from 0"),
        *OUTCOME,
        Column("requests", pa.int32(), "how many", nullable=True),
        Column("request_throughput", pa.float64(), "requests a second", nullable=True),
        Column("output_throughput", pa.float64(), "output tokens a second", nullable=True),
        *(
            Column(f"{part}_{name}_ms", pa.float64(), f"{words}, ms", nullable=True)
            for name, words in (
                ("ttft", "to a request's first token"),
                ("tpot", "of a token after it, by request"),
                ("itl", "between two tokens"),
            )
            for part in ("median", "p99")
        ),
    ),
    ("1: first version",),
)
