"""What searches on the GPU itself came to."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.headline import INTERVALS
from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table

TOGETHER, ANY = "together", "any"

LIVE = Table(
    "live",
    2,
    "One row per search on a cell, measured as it asked. Ratios are paired medians over the rounds "
    "of the cell's finals, with 95% intervals: the search's choice over the committed config.",
    (
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("source", pa.string(), "source GPU; empty: all that have a file of the layer"),
        Column("triple", pa.bool_(), "the source's and the GPU's file both hold the batch size"),
        Column("budget", pa.int32(), "K, the most trials"),
        Column("trials", pa.int32(), "trials made, failed ones included"),
        Column("ended", pa.string(), "margin, budget, space or lost (scripts.tune.turns.End)"),
        Column("gpu_seconds", pa.float64(), "GPU seconds of its trials, those shared counted full"),
        Column("choice_id", pa.string(), "its fastest trial, before any finals", nullable=True),
        Column("trials_to_choice", pa.int32(), "the choice's place among them, from 1", True),
        Column("committed_id", pa.string(), "config committed for the GPU", nullable=True),
        Column("committed_trial", pa.int32(), "its place among the trials, if it was tried", True),
        Column("ratio", pa.float64(), "choice over committed", nullable=True),
        *interval(nullable=True),
        Column("decision", pa.string(), "win, tie or loss at the margin", nullable=True),
        Column("final_id", pa.string(), "its fastest in half of the rounds of the finals", True),
        Column("final_ratio", pa.float64(), "that over committed, in the other half", True),
        *interval(prefix="final_", nullable=True),
        Column("final_decision", pa.string(), "win, tie or loss at the margin", nullable=True),
        Column("fresh_ratio", pa.float64(), "final_id over committed, in fresh finals", True),
        *interval(prefix="fresh_", nullable=True),
        Column("fresh_decision", pa.string(), "win, tie or loss at the margin", nullable=True),
        Column("marks", pa.string(), "of the cell, see CELLS: comma-joined or empty"),
    ),
    ("2: judged in finals of their own", "1: first version"),
)

LIVE_RATES = Table(
    "live_rates",
    1,
    "What searches on the GPU itself chose against the committed config, by class of cells.",
    (
        Column("device", pa.string(), "GPU on which was searched"),
        Column("choice", pa.string(), "searched, halves or fastest, see headline.Choice"),
        Column("source", pa.string(), "together: one search from all; any: triples of all; a GPU"),
        Column("group", pa.string(), "all, scheme, regime, power or steadiness (schemas.states)"),
        Column("which", pa.string(), "of the group; empty for all"),
        Column("metric", pa.string(), "see scripts.statistics.headline_metrics"),
        *INTERVALS,
    ),
    ("1: first version",),
)

LIVE_LOSSES = Table(
    "live_losses",
    3,
    "The searches whose choice by the finals lost to the committed config, with the nearest cause.",
    (
        *LIVE.columns,
        Column("judged_ratio", pa.float64(), "final_id over committed, as it was judged"),
        Column("widened", pa.string(), "verdict if the interval allows for the A/A error"),
        Column("cause", pa.string(), "why, see scripts.statistics.live"),
    ),
    ("3: widened", "2: judged in finals of their own; causes told apart", "1: first version"),
)

TUNED = Table(
    "tuned",
    1,
    "One row per batch size of a layer that was tuned with one command on a GPU.",
    (
        Column("run", pa.string(), "name of the record"),
        Column("cell_id", pa.string(), "GPU/shape/tokens, see scripts.lib.shape.Cell"),
        Column("tokens", pa.int32(), "M, tokens"),
        Column("config_id", pa.string(), "what the files hold"),
        Column("kept", pa.string(), "committed or default, if nothing was shown to beat it", True),
        Column("found_id", pa.string(), "the best of the search itself"),
        Column("median_us", pa.float64(), "latency of what the files hold, in the finals"),
        Column("ties", pa.int32(), "configs that cannot be told from it, itself included"),
        Column("trials", pa.int32(), "trials of the search"),
        Column("ended", pa.string(), "margin, budget, space or lost (scripts.tune.turns.End)"),
        Column("over_committed", pa.float64(), "the search's best over the committed config", True),
        Column("committed_word", pa.string(), "win, tie or loss of it", nullable=True),
        Column("over_default", pa.float64(), "the same over the upstream default", nullable=True),
        Column("default_word", pa.string(), "win, tie or loss of it", nullable=True),
        Column(
            "regret", pa.float64(), "of what the files hold, if the cell is recorded whole", True
        ),
        Column("regret_found", pa.float64(), "the same of the search's own best", nullable=True),
    ),
    ("1: first version",),
)

TUNED_COST = Table(
    "tuned_cost",
    1,
    "One row per layer that was tuned with one command on a GPU: what it took.",
    (
        Column("run", pa.string(), "name of the record"),
        Column("model", pa.string(), "model asked for, if it was asked for by name", nullable=True),
        Column("tensor_parallel", pa.int32(), "its degree of tensor parallelism", nullable=True),
        Column("shape", pa.string(), "layer, see scripts.lib.shape.Shape"),
        Column("device", pa.string(), "GPU"),
        Column("unseen", pa.bool_(), "as if the layer had never been recorded"),
        Column("budget", pa.int32(), "K, the most trials of a batch size"),
        Column("sources", pa.int32(), "GPUs with a file of the layer"),
        Column("batches", pa.int32(), "batch sizes"),
        Column("trials", pa.int32(), "trials of all of them"),
        Column("seconds", pa.float64(), "wall seconds, compiling included"),
        Column("learn_seconds", pa.float64(), "of these: learning from what is recorded"),
        Column("measure_seconds", pa.float64(), "of these: searches and finals"),
        Column("trial_seconds", pa.float64(), "of these: trials on the GPU"),
        Column("recorded", pa.int32(), "batch sizes that another recording holds whole"),
        Column("regret", pa.float64(), "of what the files hold there, geometric mean", True),
        Column("regret_found", pa.float64(), "the same of the searches' own best", True),
    ),
    ("1: first version",),
)
