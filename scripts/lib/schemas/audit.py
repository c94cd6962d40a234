"""What the audit of tuners finds: recorded noise, steadiness, injected faults, the grid."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.interval import interval
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

STEADY_RATES = Table(
    "steady_rates",
    1,
    "One row per (GPU, way of choosing, metric): STEADY over its cells. Intervals: percentile "
    "bootstrap over cells and over layers, the wider of the two.",
    (
        _DEVICE,
        Column("chosen_by", pa.string(), "race or argmin"),
        Column(
            "metric",
            pa.string(),
            "same, decided: shares of restarts; cells_same: share of cells where all restarts "
            "agree; regret: geometric mean; tied, cost: means; regret_max, cost_max: the largest",
        ),
        Column("value", pa.float64(), "the estimate"),
        *interval("its interval; empty of the largest", nullable=True),
        Column("n", pa.int32(), "cells"),
        Column("layers", pa.int32(), "layers that they come from"),
        Column("restarts", pa.int32(), "tunings of each cell"),
    ),
    _FIRST,
)

INJECTED = Table(
    "injected",
    1,
    "One row per (fault, strength) of a synthetic tuner, on recorded latencies with the recorded "
    "noise, and per probe on the tuner without a fault: how often the probe says found.",
    (
        _DEVICE,
        Column("fault", pa.string(), "scripts.audit.faults.Fault; none: a tuner without; any: all"),
        Column("strength", pa.float64(), "see scripts.audit.faults.STRENGTHS; none: empty", True),
        Column(
            "probe", pa.string(), "scripts.audit.probes; any: one of them or more; own: the fault's"
        ),
        Column("runs", pa.int32(), "tuners tried, each on its own layer, tactics and noise"),
        Column("found", pa.int32(), "of them said to have the fault"),
        Column("rate", pa.float64(), "share; of fault none: of false alarms, else recall"),
        *interval("its exact 95% interval"),
        Column("smallest", pa.float64(), "least effect to be seen, median over runs", True),
        Column("unit", pa.string(), "of that", True),
    ),
    _FIRST,
)

_HALF = "half of the layers, every other one: even or odd"

INJECTED_SPLIT = Table(
    "injected_split",
    1,
    "One row per (probe with a threshold, half): its threshold set on one half of the layers, in "
    "the middle between tuners with and without the fault, and judged on the other half.",
    (
        _DEVICE,
        Column("probe", pa.string(), "see scripts.audit.probes"),
        Column("set_on", pa.string(), _HALF),
        Column("judged_on", pa.string(), "the other"),
        Column("factor", pa.float64(), "the threshold so set over the one in use"),
        Column("clean", pa.int32(), "tuners without a fault that judge it"),
        Column("alarms", pa.int32(), "of them called faulty"),
        Column("runs", pa.int32(), "tuners with its fault that judge it, in all strengths"),
        Column("found", pa.int32(), "of them found"),
        Column("alarms_in_use", pa.int32(), "called faulty by the threshold in use"),
        Column("found_in_use", pa.int32(), "found by the threshold in use"),
    ),
    _FIRST,
)

STEADY_SPLIT = Table(
    "steady_split",
    1,
    "One row per (half, margin of the race): the race on one half of the layers under several "
    "margins; chosen is the one that the other half would set.",
    (
        _DEVICE,
        Column("judged_on", pa.string(), _HALF),
        Column("margin", pa.float64(), "log units, see scripts.audit.race"),
        Column("chosen", pa.bool_(), "set on the other half"),
        Column("in_use", pa.bool_(), "the margin of scripts.audit.race"),
        Column("cells", pa.int32(), "of the half"),
        Column("same", pa.float64(), "share of restarts with the commonest choice, mean"),
        Column("regret", pa.float64(), "geometric mean over the restarts"),
        Column("cost", pa.float64(), "over that of argmin, mean"),
    ),
    _FIRST,
)

GRID = Table(
    "grid",
    1,
    "One row per (layer, degree of expert parallelism, tokens): what two tuners choose on the "
    "layer of one rank, E over EP experts, again and again, and how the choices compare.",
    (
        _DEVICE,
        Column("layer", pa.string(), "the whole layer, see scripts.lib.shape.Shape"),
        Column("ep", pa.int32(), "ranks of expert parallelism"),
        Column("tokens", pa.int32(), "M, tokens that one rank computes"),
        Column("cell_id", pa.string(), "the rank's cell; empty: its layer was not measured", True),
        Column("reason", pa.string(), "why there is nothing; empty where there is", True),
        Column("first", pa.string(), "a tuner, see scripts.audit.tuners"),
        Column("second", pa.string(), "the other"),
        Column("repeats", pa.int32(), "tunings of each, in processes of their own"),
        Column("pick_first", pa.string(), "config chosen most often", True),
        Column("pick_second", pa.string(), "likewise", True),
        Column("margin_first", pa.float64(), "its second best over its best, as it timed", True),
        Column("margin_second", pa.float64(), "likewise", True),
        Column("flips_first", pa.float64(), "share of tunings with another choice", True),
        Column("flips_second", pa.float64(), "likewise", True),
        Column("parity", pa.bool_(), "both picks compute the same", True),
        Column("matched", pa.bool_(), "both picks are one config", True),
        Column("ratio", pa.float64(), "the second pick's latency over the first's", True),
        *interval("its interval, interleaved rounds", nullable=True),
        Column("word", pa.string(), "of the second: win, tie or loss", True),
    ),
    _FIRST,
)

FINDINGS = Table(
    "findings",
    1,
    "One row per (layer, tuner, probe): what the probe says of a real tuner.",
    (
        _DEVICE,
        Column("layer", pa.string(), "see scripts.lib.shape.Shape"),
        Column("tuner", pa.string(), "see scripts.audit.tuners"),
        Column("probe", pa.string(), "see scripts.audit.probes"),
        Column("verdict", pa.string(), "found, not_found or not_applicable"),
        Column("effect", pa.float64(), "how much, where that can be said", True),
        Column("smallest", pa.float64(), "the least that would have been seen", True),
        Column("unit", pa.string(), "of both"),
        Column("evidence", pa.string(), "in words; of not_applicable: why"),
        Column("command", pa.string(), "asks that probe of that tuner again"),
    ),
    _FIRST,
)
