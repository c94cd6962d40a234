"""What the corpus phase writes on several runtimes' config files side by side."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.tables import Column, Table


class Corpus(StrEnum):
    """Whose files are counted."""

    VLLM = "vllm"
    SGLANG = "sglang"
    BOTH = "both"


class Arrived(StrEnum):
    """Which keys' arrivals are counted."""

    ALL = "all"
    # Without those of the first release to hold the folder: they may be older than it.
    AFTER_FIRST = "after_first"


# What makes two runtimes' files the same layer in the same format.
LAYER_KEY = ("E", "N", "scheme")

_DATE = pa.timestamp("ms", tz="UTC")
_LAYER = (
    Column("E", pa.int32(), "experts (per rank)"),
    Column("N", pa.int32(), "intermediate size of the layer (per rank)"),
    Column("scheme", pa.string(), "number formats, our word for them"),
)

RUNTIMES = Table(
    "runtimes",
    1,
    "One row per runtime and one for both together. A key is a (GPU, layer, format) with at least "
    "one config; of files for the same key, as of several Triton versions, the newest stands.",
    (
        Column("corpus", pa.string(), "whose files (Corpus)"),
        Column("files", pa.int32(), "files, whatever is in them"),
        Column("entries", pa.int32(), "rows of the history"),
        Column("configs", pa.int32(), "rows that are configs"),
        Column("rejected", pa.int32(), "rows that are not"),
        Column("devices", pa.int32(), "GPUs with a config"),
        Column("keys", pa.int32(), "(GPU, layer, format)"),
        Column("new_keys", pa.int32(), "keys that vLLM has no config for"),
        Column("pairs", pa.int32(), "ordered pairs of GPUs with a layer and format in common"),
        Column("pair_layers", pa.int32(), "(ordered pair, layer, format)"),
        Column("triples", pa.int32(), "(ordered pair, layer, format, batch)"),
    ),
    ("1: first version",),
)

REJECTED = Table(
    "rejected",
    1,
    "Rows of the histories that are no config, counted by runtime and reason.",
    (
        Column("runtime", pa.string(), "whose files (Corpus)"),
        Column("reason", pa.string(), "scripts.lib.schemas.history.Reason"),
        Column("rows", pa.int32(), "rows"),
        Column("files", pa.int32(), "files with such a row"),
    ),
    ("1: first version",),
)

ACROSS = Table(
    "across",
    1,
    "One row per (runtime and GPU of the source, runtime and GPU of the target, layer, format, "
    "batch) for which both have a config; those of vLLM alone are TRIPLES.",
    (
        Column("source_runtime", pa.string(), "runtime whose file is the source"),
        Column("target_runtime", pa.string(), "runtime whose file is the target"),
        Column("source", pa.string(), "GPU the config comes from, as in file names"),
        Column("target", pa.string(), "GPU it is carried to, as in file names"),
        *_LAYER,
        Column("batch", pa.int32(), "batch size M, tokens"),
        Column("source_config_id", pa.string(), "config of the source"),
        Column("target_config_id", pa.string(), "config of the target"),
        Column("source_file", pa.string(), "config file of the source"),
        Column("target_file", pa.string(), "config file of the target"),
        Column("gap_days_last", pa.float64(), "target minus source, last changes, days"),
        Column("gap_days_first", pa.float64(), "target minus source, arrivals, days"),
        Column("source_reachable", pa.bool_(), "its runtime can ask for the source's file"),
        Column("target_reachable", pa.bool_(), "its runtime can ask for the target's file"),
        Column("identical", pa.bool_(), "both are the same config"),
    ),
    ("1: first version",),
)

ARRIVALS = Table(
    "arrivals",
    1,
    "One row per key that both runtimes have: when each first had a file for it. vLLM's date is "
    "its commit's, SGLang's the packing of the first release with the file.",
    (
        Column("device", pa.string(), "GPU as in file names"),
        *_LAYER,
        Column("vllm_first", _DATE, "first file of vLLM"),
        Column("sglang_first", _DATE, "first file of SGLang"),
        Column("gap_days", pa.float64(), "SGLang minus vLLM, days"),
        Column("with_folder", pa.bool_(), "came with the first release that has the folder"),
        Column("batches", pa.int32(), "batch sizes for which both have a config"),
        Column("identical", pa.int32(), "of these, those with the same config"),
    ),
    ("1: first version",),
)

ARRIVAL_RATES = Table(
    "arrival_rates",
    1,
    "The gaps of ARRIVALS, SGLang minus vLLM in days, by quartiles.",
    (
        Column("arrived", pa.string(), "which keys (Arrived)"),
        Column("n", pa.int32(), "keys"),
        Column("q1", pa.float64(), "first quartile, days", nullable=True),
        Column("median", pa.float64(), "median, days", nullable=True),
        Column("q3", pa.float64(), "third quartile, days", nullable=True),
        Column("sglang_earlier", pa.int32(), "keys that SGLang had first"),
        Column("batches", pa.int32(), "batch sizes for which both have a config"),
        Column("identical", pa.int32(), "of these, those with the same config"),
    ),
    ("1: first version",),
)
