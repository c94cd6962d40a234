"""The catalogue: what there is, or what would be written, for models on GPUs, by runtime."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table

_CONFIG = "canonical config id, see scripts.lib.config.Config"
_RATIO = "expected latency over vLLM's default, of graphx's own two GEMMs"

CATALOGUE = Table(
    "catalogue",
    1,
    "One row per (model, number formats, degrees of parallelism, GPU, runtime): the file that the "
    "runtime looks up, and how good it is expected to be.",
    (
        Column("model", pa.string(), "see data/models.yaml"),
        Column("scheme", pa.string(), "number formats"),
        Column("tensor_parallel", pa.int32(), "degree"),
        Column("expert_parallel", pa.int32(), "degree"),
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("runtime", pa.string(), "vllm or sglang"),
        Column("shape_id", pa.string(), "the layer of one rank that the runtime looks up"),
        Column("file", pa.string(), "the name that it looks up, without folders"),
        Column(
            "status", pa.string(),
            "shipped (comes with a runtime), tuned (on that GPU), measured (every row), "
            "transferred (a row from another GPU's file) or predicted",
        ),
        Column("batches", pa.int32(), "rows of the file"),
        Column("kept", pa.int32(), "of them those that keep vLLM's default"),
        Column("ratio", pa.float64(), f"{_RATIO}, geometric mean over the rows", True),
        *interval(nullable=True),
        Column("confidence", pa.string(), "what such expectations were held against"),
    ),
    ("1: first version",),
)  # fmt: skip

CATALOGUE_ROWS = Table(
    "catalogue_rows",
    1,
    "One row per (GPU, layer, status, M) of the files of CATALOGUE.",
    (
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("shape_id", pa.string(), "the layer of one rank"),
        Column("runtime", pa.string(), "whose file it is if it is shipped; else empty"),
        Column("tokens", pa.int32(), "M"),
        Column("config_id", pa.string(), _CONFIG),
        Column("source", pa.string(), "default, prediction, measured, or GPUs whose files hold it"),
        Column("ratio", pa.float64(), _RATIO, True),
        *interval(nullable=True),
    ),
    ("1: first version",),
)
