"""What would be launched without a measurement, against what a runtime launches without a file."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

_CONFIG = "canonical config id, see scripts.lib.config.Config"

# How much of a cell was recorded: every legal config, or a few (committed ones, the default, …).
WHOLE, FEW = "whole", "few"
# What a row holds: the candidate that is named first, or what the runtime ships.
NAMED, SHIPPED = "named", "shipped"
TRANSFERRED, PREDICTED = "transferred", "predicted"

OPENINGS = Table(
    "openings",
    2,
    "One row per (teaching, choice, recorded cell for which the runtime has a default): the config "
    "that would be written had nothing of the cell been measured, or that the runtime ships, over "
    "that default, as predicted and "
    "as measured. Nothing of the cell was in what taught; cells where one of the two was not "
    "measured are left out.",
    (
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("scheme", pa.string(), "number formats"),
        Column("tokens", pa.int32(), "M"),
        Column("family", pa.string(), "model family of the layer, see scripts.lib.teaching"),
        Column("teaching", pa.string(), "what taught: scripts.lib.teaching"),
        Column("choice", pa.string(), "named: would be written; shipped: of the runtime's file"),
        Column("recorded", pa.string(), "whole or few: what was measured of the cell"),
        Column("sources", pa.int32(), "other GPUs whose files for the layer hold the config"),
        Column("first_id", pa.string(), f"what the row holds: {_CONFIG}"),
        Column(
            "default_id", pa.string(), "vLLM's default, see scripts.lib.runtimes.default_config"
        ),
        Column("predicted_ratio", pa.float64(), "latency of the first over the default's"),
        Column("measured_ratio", pa.float64(), "the same, measured"),
        Column("best_ratio", pa.float64(), "the fastest measured config over the default"),
    ),
    (
        "2: chosen among a few candidates by prediction alone; also GPU out, and on cells of which"
        " a few configs were measured",
        "1: first version",
    ),
)

EXPECTED = Table(
    "expected",
    2,
    "What a stated expectation of OPENINGS was worth: one row per (GPU or all, a row of a file or "
    "a whole file, number formats, class of M). A row is written where a gain beyond the margin is "
    "predicted, else the default stays; a shipped row as it is; of a file the geometric mean over "
    "its recorded batch sizes counts. The band is what the predicted ratio is multiplied by; each "
    "layer weighs alike. "
    "Coverage is that of the bands as they are stated, by formats, each model family judged by the "
    "others.",
    (
        Column("device", pa.string(), "GPU, named as in config files; all: one without recordings"),
        Column(
            "of", pa.string(), "row or file; shipped row or shipped file: of a runtime's own file"
        ),
        Column("formats", pa.string(), "number formats that have a band together; all: the others"),
        Column("tokens", pa.string(), "class of M, or all"),
        Column("teaching", pa.string(), "what taught: scripts.lib.teaching"),
        Column("margin", pa.float64(), "gain up to which the default is kept, as 0.01"),
        Column("level", pa.float64(), "what the band is meant to cover"),
        Column("n", pa.int32(), "rows written, or files"),
        Column("families", pa.int32(), "model families among them"),
        Column("low", pa.float64(), "lower factor of the band; none for a class of M", True),
        Column("high", pa.float64(), "upper factor", True),
        Column("judged", pa.int32(), "of n, those whose band other families could give"),
        Column("covered", pa.float64(), "share of the judged ones in that band", True),
        Column("covered_families", pa.float64(), "mean over the families of that share", True),
        Column("kept", pa.float64(), "share of rows that keep the default"),
        Column("ratio", pa.float64(), "measured over the default, geometric mean over all rows"),
        Column("worse", pa.float64(), "share of rows, or files, above the default by the margin"),
        Column("worst", pa.float64(), "the largest measured ratio"),
    ),
    (
        "2: bands by number formats; GPU out for GPUs without recordings; classes of M",
        "1: first version",
    ),
)
ALL = "all"
# Number formats that share a band with others, whose kernels run alike.
SHARED_BAND = {"fp16": "bf16", "fp8_w8a8_channel": "fp8_w8a8"}
