"""What graphx-sim writes: predictions, how good they are, triples on a GPU that is not there."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.tables import Column, Table

_CELL = Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell")
_CONFIG = Column("config_id", pa.string(), "canonical config id, see scripts.lib.config.Config")
_DEVICE = Column("device", pa.string(), "GPU, named as in config files")
_SCHEME = Column("scheme", pa.string(), "number formats")
_DATASET = Column("dataset", pa.string(), "the trials compared with: learned_from or repeat")
_HELD_OUT = Column(
    "held_out",
    pa.string(),
    "what the model had not seen: layer, family, gpu, or stamped: nothing of the cell",
)
_MODEL = Column(
    "model",
    pa.string(),
    "corrected: as `graphx-sim rank` orders; corrected_plain: by predicted latency alone; "
    "analytical: by the equations alone; chance: mean over all orders",
)
_VERSION = Column("model_version", pa.string(), "version of graphx-sim's model")

_CONFIDENCE = Column(
    "confidence", pa.string(), "measured error or not validated, see scripts.sim.confidence"
)

QUESTIONS = Table(
    "questions",
    1,
    "Configs whose latency is wanted.",
    (_CELL, _CONFIG),
    ("1: first version",),
)

PREDICTIONS = Table(
    "predictions",
    3,
    "One row per question, in the order asked: latency of one pass of both GEMMs, and its parts.",
    (
        _CELL,
        _CONFIG,
        Column("predicted_us", pa.float64(), "latency, us; empty for what cannot launch", True),
        Column("analytical_us", pa.float64(), "by the equations alone, us", nullable=True),
        Column("legality", pa.string(), "legal, outside_space or illegal: scripts.lib.legality"),
        Column("resource", pa.string(), "what an illegal config wants too much of", nullable=True),
        Column("needed", pa.int64(), "of that, a block", nullable=True),
        Column("available", pa.int64(), "of that, on the GPU", nullable=True),
        Column("limit", pa.string(), "what takes longest: memory, latency, tensor, …"),
        Column("compiled", pa.bool_(), "compiler's facts were at hand, not an estimate of them"),
        _CONFIDENCE,
        Column("error", pa.float64(), "|log(predicted / measured)|, median cell", nullable=True),
        _VERSION,
    ),
    (
        "3: confidence is a measured error or none",
        "2: legality; no latency for what cannot launch",
        "1: first version",
    ),
)

SIM_CELLS = Table(
    "sim_cells",
    1,
    "One row per (trials, split, model, cell): how a model that never saw the cell orders it.",
    (
        _DATASET,
        _HELD_OUT,
        _MODEL,
        _CELL,
        _DEVICE,
        _SCHEME,
        Column("tokens", pa.int32(), "M"),
        Column("configs", pa.int32(), "configs measured correctly"),
        Column("spearman", pa.float64(), "rank correlation of prediction and measurement"),
        Column("regret_1", pa.float64(), "latency of the first predicted over the cell's best"),
        Column("regret_4", pa.float64(), "best of the first 4 predicted over the cell's best"),
        Column("regret_8", pa.float64(), "best of the first 8"),
        Column("regret_16", pa.float64(), "best of the first 16"),
        Column("error", pa.float64(), "median of |log(predicted / measured)|", nullable=True),
    ),
    ("1: first version",),
)

SIM_HELD_OUT = Table(
    "sim_held_out",
    2,
    "One row per recorded trial, failed ones included: what a model that never saw the layer, in "
    "any scheme, expects of it.",
    (
        _CELL,
        _CONFIG,
        Column("predicted_us", pa.float64(), "corrected prediction, us"),
        Column("place", pa.int32(), "from 1: order in which `graphx-sim rank` names the configs"),
        Column("teaching", pa.string(), "what the model learned from: scripts.lib.teaching"),
    ),
    ("2: teaching", "1: first version"),
)

SIM_RATES = Table(
    "sim_rates",
    1,
    "One row per (trials, split, model, GPU, scheme or all, quantity): a reading over its cells.",
    (
        _DATASET,
        _HELD_OUT,
        _MODEL,
        _DEVICE,
        _SCHEME,
        Column("quantity", pa.string(), "spearman, regret_1, regret_4, regret_8, regret_16, error"),
        Column("cells", pa.int32(), "cells"),
        Column("median", pa.float64(), "median over the cells", nullable=True),
        Column("p5", pa.float64(), "5th percentile", nullable=True),
        Column("p95", pa.float64(), "95th percentile", nullable=True),
        Column("mean", pa.float64(), "mean", nullable=True),
        Column("within", pa.float64(), "share of cells at or under 1.02; regrets only", True),
    ),
    ("1: first version",),
)


class Group(StrEnum):
    """The cells that a row of SIM_ERRORS is about.

    Stamped: their predictions stood before anything of their layer and format was recorded.
    """

    RECORDED = "recorded"  # every complete cell
    STAMPED = "stamped"
    NEW_FORMAT = "stamped, new format"  # the model of that day knew none of these number formats
    KNOWN_FORMAT = "stamped, known format"
    NEW_FAMILY = "stamped, new family"  # nor any layer of the model family
    FEW = "stamped, few configs"  # of which few configs were measured


ALL_SCHEMES = "all"
OF_THAT_DAY = "stamped"  # as the prediction stood on the plan

SIM_ERRORS = Table(
    "sim_errors",
    1,
    "One row per (GPU, group of cells, scheme or all, what taught): how far predictions were off, "
    "cross-validated, and as they stood before the measurement.",
    (
        _DEVICE,
        Column("group", pa.string(), "which cells: Group"),
        _SCHEME,
        Column("taught", pa.string(), "scripts.lib.teaching, or stamped: the model of that day"),
        Column("models", pa.string(), "hashes of the models of that day", nullable=True),
        Column("cells", pa.int32(), "cells"),
        Column("layers", pa.int32(), "layers that they come from"),
        Column("spearman", pa.float64(), "rank correlation, median over the cells", nullable=True),
        Column("error", pa.float64(), "|log(predicted / measured)|, median of the cells' medians"),
        Column("error_p95", pa.float64(), "95th percentile of the cells' medians"),
        Column("within_2_8", pa.float64(), "share of cells with regret_8 <= 1.02", nullable=True),
    ),
    ("1: first version",),
)

SIM_CALIBRATION = Table(
    "sim_calibration",
    1,
    "A few configs of each cell, evenly spaced from its fastest to its slowest: predicted by a "
    "model that had never seen the layer, against measured.",
    (
        _CELL,
        _CONFIG,
        _DEVICE,
        _SCHEME,
        Column("tokens", pa.int32(), "M"),
        Column("measured_us", pa.float64(), "measured latency, us"),
        Column("predicted_us", pa.float64(), "corrected prediction, us"),
        Column("analytical_us", pa.float64(), "by the equations alone, us"),
    ),
    ("1: first version",),
)

TRIPLES_PREDICTED = Table(
    "triples_predicted",
    2,
    "One row per triple of a device pair whose target is not there: latencies to be expected.",
    (
        _CELL,
        Column("source", pa.string(), "GPU the config comes from"),
        Column("target", pa.string(), "GPU it is carried to"),
        Column("source_file", pa.string(), "config file of the source"),
        Column("target_file", pa.string(), "config file of the target"),
        Column("carried_config_id", pa.string(), "source's config without keys foreign to it"),
        Column("target_config_id", pa.string(), "config as committed for the target"),
        Column("predicted_us_carried", pa.float64(), "latency, us; empty if illegal", True),
        Column("predicted_us_target", pa.float64(), "latency, us; empty if illegal", True),
        Column("ratio", pa.float64(), "carried over target; empty if one is illegal", True),
        _CONFIDENCE,
        Column("confidence_reason", pa.string(), "why"),
        _VERSION,
        Column("outcome", pa.string(), "not_measured (Outcome)"),
        Column("outcome_reason", pa.string(), "device_absent (NotMeasured)"),
    ),
    ("2: confidence is a measured error or none", "1: first version"),
)
