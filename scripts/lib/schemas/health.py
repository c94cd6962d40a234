"""How good committed configs still are under the runtime's own operator."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table

_DEVICE = Column("device", pa.string(), "GPU, named as in config files")


def _ratio(name: str, what: str) -> tuple[Column, ...]:
    return (
        Column(name, pa.float64(), f"{what}, median of the rounds", nullable=True),
        Column(f"{name}_low", pa.float64(), "lower end of its interval", nullable=True),
        Column(f"{name}_high", pa.float64(), "upper end", nullable=True),
    )


def _p(name: str, what: str) -> tuple[Column, ...]:
    return (
        Column(f"p_{name}", pa.float64(), f"one-sided p of the sign test over rounds: {what}; "
               "times the looks at which the finals may have ended",
               nullable=True),
        Column(f"p_{name}_adjusted", pa.float64(), "by Holm over the recorded rows of the GPU",
               nullable=True),
    )  # fmt: skip


HEALTH = Table(
    "health",
    3,
    "One row per batch size of each config file that the runtime ships for a GPU and its loader "
    "reaches, recorded under its operator or not. Ratios are of latencies; below 1 is faster.",
    (
        _DEVICE,
        Column("file", pa.string(), "base name, as shipped"),
        Column("scheme", pa.string(), "number formats"),
        Column("tokens", pa.int32(), "M, tokens"),
        Column("triton_version", pa.string(), "as the file says", nullable=True),
        Column("stale", pa.bool_(), "not said to be tuned under the Triton that was measured"),
        Column("changed", pa.string(), "day of the file's last change upstream"),
        Column("committed_id", pa.string(), "the file's config, see scripts.lib.config.Config"),
        Column("cell_id", pa.string(), "GPU/shape/tokens, if it was recorded", nullable=True),
        Column("dataset", pa.string(), "recording of the operator", nullable=True),
        Column("rounds", pa.int32(), "of the finals", nullable=True),
        Column("committed_us", pa.float64(), "committed config, median, us", nullable=True),
        Column("default_id", pa.string(), "what the runtime launches without a file",
               nullable=True),
        *_ratio("over_default", "committed over default"),
        *_p("default", "committed is slower than default by more than the margin"),
        Column("worse_than_default", pa.bool_(), "shown, after Holm"),
        Column("best_id", pa.string(), "the fastest of the finals", nullable=True),
        *_ratio("over_best", "committed over the fastest of the finals"),
        *_p("best", "committed is slower by more than 3% than some config of the finals, times "
            "the number of these"),
        Column("behind_3", pa.bool_(), "shown, after Holm"),
        Column("proposed_id", pa.string(), "the better of committed and default, or the fastest "
               "that is shown to be faster than it, if that is shown to be faster than committed "
               "and is by more than the margin in the median; else committed", nullable=True),
        *_ratio("gain", "proposed over committed"),
        Column("held_id", pa.string(), "what half of the rounds propose by the same rule",
               nullable=True),
        Column("held_gain", pa.float64(), "held_id over committed, by the rounds that did not "
               "choose it", nullable=True),
        Column("in_proposal", pa.bool_(), "every row of the file is recorded, and another config "
               "is proposed for at least one"),
        Column("twin", pa.float64(), "A/A: a second slot of committed over its first, median",
               nullable=True),
        Column("over_better", pa.float64(), "held_id over the better of committed and default, "
               "by the rounds that chose neither", nullable=True),
    ),
    (
        "3: held_id; proposed by the rule of exported rows",
        "2: held_gain; p by the looks at which finals may have ended",
        "1: first version",
    ),
)  # fmt: skip

HEALTH_RATES = Table(
    "health_rates",
    2,
    "One row per (GPU, group, metric) over the recorded rows of HEALTH. Intervals: percentile "
    "bootstrap over rows and over files, the wider of the two.",
    (
        _DEVICE,
        Column("group", pa.string(), "all; scheme: number formats; triton: what files say of it"),
        Column("value", pa.string(), "of the group"),
        Column("metric", pa.string(), "worse_than_default, behind_3: share of rows; gain: "
               "proposed over committed, geometric mean, by rounds that did not choose; proposed: "
               "share of rows with another config; aa: a second slot of the committed config over "
               "the first, |ratio - 1|, mean"),
        Column("mean", pa.float64(), "the estimate"),
        *interval(nullable=True),
        Column("n", pa.int32(), "rows"),
        Column("files", pa.int32(), "config files that they come from"),
    ),
    ("2: gain by rounds that did not choose", "1: first version"),
)  # fmt: skip
