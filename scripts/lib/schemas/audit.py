"""What the audit of tuners finds: recorded noise, steadiness, injected faults, the grid."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.tables import Column, Table

_FIRST = ("1: first version",)
_DEVICE = Column("device", pa.string(), "GPU, named as in config files")
_CELL = Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell")

NOISE = Table(
    "noise",
    1,
    "How far one measurement of a config lies off: logarithms of the ratios of recorded A/A pairs, "
    "over the root of two, since either of a pair is off.",
    (
        _DEVICE,
        Column("tokens", pa.string(), "class of M: scripts.lib.judging.token_classes.search_class"),
        Column(
            "kind",
            pa.string(),
            "round: one interleaved replay, orders drawn afresh; timing: the mean of a pair's "
            "rounds in one and the same order",
        ),
        Column("value", pa.float64(), "log units"),
    ),
    _FIRST,
)

STEADY = Table(
    "steady",
    1,
    "One row per (completely measured cell, way of choosing): restarts of one tuning over the "
    "whole space, on recorded latencies with the recorded noise drawn afresh.",
    (
        _CELL,
        Column("chosen_by", pa.string(), "race (scripts.audit.race) or argmin of one timing"),
        Column("restarts", pa.int32(), "tunings begun anew"),
        Column("same", pa.float64(), "share of them that choose the commonest config"),
        Column("config_id", pa.string(), "that config"),
        Column("regret", pa.float64(), "latency of the choice over the fastest, geometric mean"),
        Column("regret_max", pa.float64(), "the largest of a restart"),
        Column("decided", pa.float64(), "share that left nothing open; argmin never knows"),
        Column("tied", pa.float64(), "configs in the equivalence set, mean over restarts"),
        Column("cost", pa.float64(), "GPU time of the replays over argmin's, mean"),
        Column("cost_max", pa.float64(), "the largest of a restart"),
    ),
    _FIRST,
)

INJECTED = Table(
    "injected",
    1,
    "One row per (fault, strength) of a synthetic tuner, on recorded latencies with the recorded "
    "noise, and per probe on the tuner without a fault: how often the probe says found.",
    (
        Column("fault", pa.string(), "scripts.audit.faults.Fault; none: a tuner without one"),
        Column("strength", pa.float64(), "see scripts.audit.faults.STRENGTHS; none: empty", True),
        Column("probe", pa.string(), "scripts.audit.probes; any: at least one of them"),
        Column("runs", pa.int32(), "tuners tried, each on its own layer, tactics and noise"),
        Column("found", pa.int32(), "of them said to have the fault"),
        Column("rate", pa.float64(), "share; of fault none: of false alarms, else recall"),
        Column("low", pa.float64(), "lower end of its exact 95% interval"),
        Column("high", pa.float64(), "upper end"),
        Column("smallest", pa.float64(), "least effect to be seen, median over runs", True),
        Column("unit", pa.string(), "of that", True),
    ),
    _FIRST,
)
