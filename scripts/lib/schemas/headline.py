"""The headline metrics of every device pair, with all their intervals, and what those cover."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table

_SOURCE = Column("source", pa.string(), "GPU whose config files are the source")
_TARGET = Column("target", pa.string(), "GPU for which a config is wanted")
_FIRST = ("1: first version",)

# With fewer files even the widest interval holds the truth too seldom: see COVERAGE_STUDY.
LEAST_FILES = 10


class Choice(StrEnum):
    """What is judged on a triple."""

    CORPUS = "corpus"  # nothing: the dates of its two files
    COPY = "copied"  # the source's config as it is, vendor keys dropped (S1)
    BEST = "best"  # the best of the configs tried on its cell, whatever the source
    SEARCHED = "searched"  # what S1-S8 from that source alone chose on the GPU, by fresh finals
    HALVES = "halves"  # the same choice, by the half of the study's own rounds that did not choose
    FASTEST = "fastest"  # the fastest trial of that search, before the finals


class Group(StrEnum):
    """Which triples of a pair."""

    ALL = "all"
    LEGAL = "legal"  # whose copy ran correctly on the target
    STEADY = "steady"  # by the state of the GPU on the cell, see Steadiness of schemas.states
    DRIFTED = "drifted"
    UNPROBED = "unprobed"
    POWER_LIMITED = "power_limited"  # by its power limit, see Power of schemas.states
    POWER_FREE = "not_power_limited"
    CENSORED = "censored"  # whose target's label comes from a search of part of the space
    UNCENSORED = "uncensored"


INTERVALS = (
    Column("value", pa.float64(), "the estimate over all rows", nullable=True),
    *interval("the quoted (widest) interval", nullable=True),
    Column("n", pa.int32(), "rows that have a value"),
    Column("files", pa.int32(), "config files those rows come from"),
    Column("ci_by", pa.string(), "rows, rows_bca, clusters, clusters_bca, exact or none: quoted"),
    Column("held", pa.bool_(), "enough files for an interval that allows for them"),
    Column("rows_low", pa.float64(), "rows resampled, percentile", nullable=True),
    Column("rows_high", pa.float64(), "rows resampled, percentile", nullable=True),
    Column("rows_bca_low", pa.float64(), "rows resampled, BCa", nullable=True),
    Column("rows_bca_high", pa.float64(), "rows resampled, BCa", nullable=True),
    Column("clusters_low", pa.float64(), "files resampled, percentile", nullable=True),
    Column("clusters_high", pa.float64(), "files resampled, percentile", nullable=True),
    Column("clusters_bca_low", pa.float64(), "files resampled, BCa", nullable=True),
    Column("clusters_bca_high", pa.float64(), "files resampled, BCa", nullable=True),
)

HEADLINE = Table(
    "headline",
    1,
    "The metrics of each ordered pair of GPUs over its triples, with all their intervals.",
    (
        _SOURCE,
        _TARGET,
        Column("choice", pa.string(), "what is judged: corpus (the files' dates) or a Choice"),
        Column("group", pa.string(), "which triples: all, or a part of them (Group)"),
        Column("metric", pa.string(), "see scripts.statistics.headline_metrics"),
        *INTERVALS,
    ),
    _FIRST,
)

HEADLINE_TESTS = Table(
    "headline_tests",
    1,
    "Whether a choice wins more often than it loses, pair by pair, allowing for how many pairs.",
    (
        _SOURCE,
        _TARGET,
        Column("choice", pa.string(), "copied, best, searched or fastest"),
        Column("wins", pa.int32(), "triples won"),
        Column("losses", pa.int32(), "triples lost"),
        Column("files", pa.int32(), "config files of the triples"),
        Column("p_rows", pa.float64(), "two-sided sign test over wins and losses"),
        Column("p_files", pa.float64(), "two-sided, signs flipped file by file"),
        Column("p", pa.float64(), "the larger of the two"),
        Column("p_adjusted", pa.float64(), "Holm's, over the pairs of the choice"),
        Column("finding", pa.string(), "wins_more, loses_more or open, by the adjusted one"),
    ),
    _FIRST,
)

COVERAGE_STUDY = Table(
    "coverage_study",
    1,
    "How often intervals at the level hold a truth that is known: synthetic studies, seeded.",
    (
        Column("statistic", pa.string(), "rate, mean or median, and of what"),
        Column("files", pa.int32(), "config files of a study"),
        Column("rows", pa.int32(), "rows of a study, spread unevenly over its files"),
        Column("correlation", pa.float64(), "between two rows of one file"),
        Column("procedure", pa.string(), "how the interval is had; decided: the one quoted"),
        Column("studies", pa.int32(), "synthetic studies"),
        Column("covered", pa.float64(), "share of them whose interval holds the truth"),
        Column("width", pa.float64(), "median width of those intervals"),
    ),
    _FIRST,
)
