"""What would be launched without a measurement, against what a runtime launches without a file."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

_CONFIG = "canonical config id, see scripts.lib.config.Config"

OPENINGS = Table(
    "openings",
    1,
    "One row per completely measured cell for which the runtime has a default: the config that "
    "is named first when nothing of the cell was measured, over that default, as predicted and "
    "as measured. Nothing of the cell was in what taught.",
    (
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("device", pa.string(), "GPU, named as in config files"),
        Column("scheme", pa.string(), "number formats"),
        Column("tokens", pa.int32(), "M"),
        Column("family", pa.string(), "model family of the layer, see scripts.lib.teaching"),
        Column("teaching", pa.string(), "what taught: scripts.lib.teaching"),
        Column("sources", pa.int32(), "other GPUs with a file for the layer"),
        Column("first_id", pa.string(), f"named first: {_CONFIG}"),
        Column(
            "default_id", pa.string(), "vLLM's default, see scripts.lib.runtimes.default_config"
        ),
        Column("predicted_ratio", pa.float64(), "latency of the first over the default's"),
        Column("measured_ratio", pa.float64(), "the same, measured; empty if one failed", True),
        Column("best_ratio", pa.float64(), "the fastest legal config over the default", True),
    ),
    ("1: first version",),
)

EXPECTED = Table(
    "expected",
    1,
    "What a stated expectation of OPENINGS was worth: one row per (GPU or all, a row of a file or "
    "a whole file). A row is written where a gain beyond the margin is predicted, else the default "
    "stays; of a file the geometric mean over its recorded batch sizes counts. The band is what "
    "the predicted ratio is multiplied by, each model family weighing alike.",
    (
        Column("device", pa.string(), "GPU, named as in config files; all: every one recorded"),
        Column("of", pa.string(), "row or file"),
        Column("teaching", pa.string(), "what taught: scripts.lib.teaching"),
        Column("margin", pa.float64(), "gain up to which the default is kept, as 0.01"),
        Column("level", pa.float64(), "what the band is meant to cover"),
        Column("n", pa.int32(), "rows written, or files"),
        Column("families", pa.int32(), "model families among them"),
        Column("low", pa.float64(), "lower factor of the band"),
        Column("high", pa.float64(), "upper factor"),
        Column("covered", pa.float64(), "share in the band of the other families", True),
        Column("covered_families", pa.float64(), "mean over the families of that share", True),
        Column("kept", pa.float64(), "share of rows that keep the default"),
        Column("ratio", pa.float64(), "measured over the default, geometric mean over all rows"),
        Column("worse", pa.float64(), "share of rows, or files, above the default by the margin"),
        Column("worst", pa.float64(), "the largest measured ratio"),
    ),
    ("1: first version",),
)
ALL = "all"
