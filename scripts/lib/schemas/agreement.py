"""Whether verdicts under graphx's own kernels hold under the runtime's operator."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table

_DEVICE = Column("device", pa.string(), "GPU, named as in config files")
_SCHEME = "number formats"
_ROUTING = Column(
    "routing",
    pa.string(),
    "of the operator's passes, and its "
    "weights if they were warm; the two GEMMs' was uniform, weights cold",
)

OP_PAIRS = Table(
    "op_pairs",
    2,
    "One row per (cell, config) whose latency over the committed config's is known by finals of "
    "both: graphx's two GEMMs and the runtime's whole operator.",
    (
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("config_id", pa.string(), "see scripts.lib.config.Config"),
        _DEVICE,
        Column("scheme", pa.string(), _SCHEME),
        Column("tokens", pa.int32(), "M, tokens"),
        _ROUTING,
        Column("committed_id", pa.string(), "the config that it is held against"),
        Column("dataset", pa.string(), "recording of the two GEMMs"),
        Column("us", pa.float64(), "two GEMMs, committed config, median, us"),
        Column("op_us", pa.float64(), "operator, committed config, median, us"),
        Column("ratio", pa.float64(), "config over committed, two GEMMs, median of the rounds"),
        *interval(),
        Column("verdict", pa.string(), "win, tie or loss at the margin"),
        Column("op_ratio", pa.float64(), "the same under the operator"),
        *interval(prefix="op_"),
        Column("op_verdict", pa.string(), "win, tie or loss at the margin"),
        Column("diluted", pa.string(), "verdict of the two GEMMs' interval, its distance from 1 "
               "times us / op_us: what the operator's fixed part makes of it"),
        Column("again_dataset", pa.string(), "the next recording of the two GEMMs that holds the "
               "pair", nullable=True),
        Column("again_verdict", pa.string(), "its verdict", nullable=True),
        Column("unaligned", pa.bool_(), "so few tokens that the operator skips the alignment"),
        Column("blocks", pa.string(), "same: a processor holds as many blocks of either config by "
               "both kernels; other: it does not", nullable=True),
    ),
    ("2: blocks", "1: first version"),
)  # fmt: skip

AGREEMENT = Table(
    "agreement",
    1,
    "One row per (GPU, routing, number formats, metric) over OP_PAIRS and the cells of the "
    "operator's finals. Intervals: percentile bootstrap over rows and over files, the wider of "
    "the two.",
    (
        _DEVICE,
        _ROUTING,
        Column("scheme", pa.string(), f"{_SCHEME}; all: of all together"),
        Column(
            "metric",
            pa.string(),
            "same_word: share with one verdict by both; same_word_again: by two recordings of the "
            "two GEMMs, of pairs that both hold; flips: win by one, loss by the other; "
            "same_word_same_blocks, same_word_other_blocks: of pairs with that in OP_PAIRS; "
            "unseen_loss: a loss by the operator alone; lost_win: a win by the two GEMMs alone; "
            "diluted_word: share whose operator's verdict is the diluted one; kept_order: share on "
            "one side of committed, of those that both show to be on a side; correlation and "
            "rank_correlation: of log ratios; slope: of log op_ratio on log ratio; part: us / "
            "op_us, geometric mean; two_gemm_worst, two_gemm_over: the row that the two GEMMs' "
            "verdict would export over the better of committed and default, under the operator, "
            "worst and share above 1 + margin; op_worst, op_over: the same of the row that the "
            "operator's own finals would export; committed_worst, committed_over: of the committed "
            "row; two_gemm_mean, op_mean, committed_mean: geometric means of the same; "
            "logits_diff: largest of all checked outputs",
        ),
        Column("value", pa.float64(), "the estimate; empty where it is not defined", nullable=True),
        *interval(nullable=True),
        Column("n", pa.int32(), "rows or cells that it is of"),
        Column("files", pa.int32(), "config files that they come from"),
    ),
    ("1: first version",),
)

OP_BESIDE = Table(
    "op_beside",
    1,
    "One row per (recording beside the operator's, what it is held against, number formats, "
    "metric), over (cell, config) pairs whose latency over the committed config's, or the default "
    "one's where there is none, is known by finals of both. Intervals as in AGREEMENT.",
    (
        Column("dataset", pa.string(), "recording"),
        Column("measured", pa.string(), "whose operator, with its version"),
        _DEVICE,
        Column("against", pa.string(), "operator: vLLM's; two_gemm: graphx's two GEMMs"),
        Column("scheme", pa.string(), f"{_SCHEME}; all: of all together"),
        Column(
            "metric",
            pa.string(),
            "same_word, flips, kept_order, correlation, rank_correlation: as in AGREEMENT; part: "
            "latency of what it is held against over that of the recording; chosen_worst, "
            "chosen_over: the row that the verdict of what it is held against would export, over "
            "the better of committed and default in the recording, worst, share above 1 + "
            "margin and geometric mean (chosen_mean); own_worst, own_over, own_mean: of the row by "
            "the recording's own finals; logits_diff: "
            "largest of the recording's checked outputs",
        ),
        Column("value", pa.float64(), "the estimate; empty where it is not defined", nullable=True),
        Column("low", pa.float64(), "lower end of its interval", nullable=True),
        Column("high", pa.float64(), "upper end", nullable=True),
        Column("n", pa.int32(), "pairs, cells or configs that it is of"),
        Column("files", pa.int32(), "layers that they come from"),
    ),
    ("1: first version",),
)

OP_GEMMS = Table(
    "op_gemms",
    1,
    "One row per pair of OP_PAIRS whose GEMMs were timed one by one: the sum of both GEMMs of the "
    "config over that of the committed one, inside the operator and by graphx's kernel.",
    (
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("config_id", pa.string(), "see scripts.lib.config.Config"),
        _DEVICE,
        Column("scheme", pa.string(), _SCHEME),
        Column("tokens", pa.int32(), "M, tokens"),
        Column("committed_id", pa.string(), "the config that it is held against"),
        Column("ratio", pa.float64(), "two GEMMs, by finals"),
        Column("verdict", pa.string(), "win, tie or loss at the margin"),
        Column("op_ratio", pa.float64(), "whole operator, by finals"),
        Column("op_verdict", pa.string(), "win, tie or loss at the margin"),
        Column("blocks", pa.string(), "as in OP_PAIRS", nullable=True),
        Column("op_cold", pa.float64(), "the operator's GEMMs, cold weights", nullable=True),
        Column("op_warm", pa.float64(), "the operator's GEMMs, warm weights", nullable=True),
        Column("two_gemm_cold", pa.float64(), "graphx's GEMMs, cold weights", nullable=True),
        Column("two_gemm_warm", pa.float64(), "graphx's GEMMs, warm weights", nullable=True),
        Column("rest_us", pa.float64(), "the operator's other kernels, us a pass", nullable=True),
        Column("op_us", pa.float64(), "the whole operator, us a pass, by events", nullable=True),
    ),
    ("1: first version",),
)
