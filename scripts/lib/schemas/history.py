"""What mining writes: every file of the upstream folder, entry by entry."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.tables import Column, Table


class Status(StrEnum):
    """Whether a row holds a config of the fused-MoE kernel."""

    CONFIG = "config"
    REJECTED = "rejected"


class Reason(StrEnum):
    """The closed list of reasons why a row is rejected."""

    NOT_JSON = "not_json"  # a README, a link: no config file and not meant as one
    ODD_NAME = "odd_name"  # the name is not of the config files' form
    MALFORMED_JSON = "malformed_json"
    NO_ENTRIES = "no_entries"
    UNKNOWN_KEY = "unknown_key"
    MISSING_KEY = "missing_key"
    DUPLICATE_KEY = "duplicate_key"  # a later entry of the same file has the same batch
    BAD_VALUE = "bad_value"
    FOREIGN_KERNEL = "foreign_kernel"  # launch parameters of another kernel
    DOWN_PROJECTION = "down_projection"  # of the second GEMM alone, where a runtime tunes it apart
    TMA = "tma"  # launch parameters of the variant that loads its tiles by TMA


class Censored(StrEnum):
    """Why a committed config may be the best of a curtailed search only."""

    TILES_MULTIPLE_OF_BLOCK = "tiles_multiple_of_block"


_DATE = pa.timestamp("ms", tz="UTC")

HISTORY = Table(
    "history",
    1,
    "One row per (file, batch) of the upstream folder at the pinned commit; a file from which no "
    "entry can be read is one row without a batch. Nothing is dropped: a row that is no config "
    "is rejected, with a reason.",
    (
        Column("pinned_commit", pa.string(), "upstream commit the folder was read at"),
        Column("file", pa.string(), "path below the folder, for config files the base name"),
        Column("blob_id", pa.string(), "git object id of the file's content"),
        Column("E", pa.int32(), "experts in the name (per rank)", nullable=True),
        Column("N", pa.int32(), "intermediate size in the name (per rank)", nullable=True),
        Column("dtype", pa.string(), "dtype as in the name; empty for 16-bit formats"),
        Column("block_shape", pa.string(), "as in the name, e.g. [128,128]; empty if none"),
        Column("backend", pa.string(), "as in the name, e.g. flydsl; empty for Triton"),
        Column("scheme", pa.string(), "number formats, our word for them", nullable=True),
        Column("device", pa.string(), "GPU as in the name", nullable=True),
        Column("batch", pa.int32(), "batch size M, tokens", nullable=True),
        Column("position", pa.int32(), "place of the entry in the file, from 0", nullable=True),
        Column("config_id", pa.string(), "scripts.lib.config.Config.id", nullable=True),
        Column("entry", pa.string(), "the entry, JSON with sorted keys", nullable=True),
        Column("status", pa.string(), "scripts.lib.schemas.history.Status"),
        Column("reason", pa.string(), "why rejected (Reason)", nullable=True),
        Column("detail", pa.string(), "what exactly is wrong", nullable=True),
        Column("triton_version", pa.string(), "as the file says", nullable=True),
        Column("reachable", pa.bool_(), "the runtime's loader can ask for this file name"),
        Column("censored", pa.string(), "why the label is censored (Censored)", nullable=True),
        Column("first_commit", pa.string(), "first commit with a file of this path"),
        Column("first_author_date", _DATE, "author date of first_commit"),
        Column("first_commit_date", _DATE, "committer date of first_commit"),
        Column("last_commit", pa.string(), "most recent commit that touched the file"),
        Column("last_author_date", _DATE, "author date of last_commit"),
        Column("last_commit_date", _DATE, "committer date of last_commit"),
    ),
    ("1: first version",),
)


class SourceKind(StrEnum):
    """What a runtime's files were mined from."""

    GIT = "git"
    WHEELS = "wheels"


RUNTIME_HISTORY = Table(
    "runtime_history",
    1,
    "One row per (file, batch) of the config files of a runtime other than vLLM, at the newest "
    "pinned state; files of released packages that a later release lacks are in as well, as they "
    "last were. Nothing is dropped: a row that is no config is rejected, with a reason. Whether "
    "the runtime can ask for a file is derived from its name, by the corpus.",
    (
        Column("runtime", pa.string(), "whose files these are, e.g. sglang"),
        Column("source", pa.string(), "what was mined (SourceKind)"),
        Column("pinned", pa.string(), "commit, or newest release, that was read"),
        Column("file", pa.string(), "path below the folder of config files"),
        Column("blob_id", pa.string(), "git object id of the file's content"),
        Column("E", pa.int32(), "experts in the name (per rank)", nullable=True),
        Column("N", pa.int32(), "intermediate size in the name (per rank)", nullable=True),
        Column("dtype", pa.string(), "dtype as in the name; empty for 16-bit formats"),
        Column("block_shape", pa.string(), "without a space, e.g. [128,128]; empty if none"),
        Column("per_channel", pa.bool_(), "the name says per_channel_quant=True"),
        Column("down", pa.bool_(), "the name ends with _down: of the second GEMM alone"),
        Column("scheme", pa.string(), "number formats, our word for them", nullable=True),
        Column("device", pa.string(), "GPU as in the name", nullable=True),
        Column("batch", pa.int32(), "batch size M, tokens", nullable=True),
        Column("position", pa.int32(), "place of the entry in the file, from 0", nullable=True),
        Column("config_id", pa.string(), "scripts.lib.config.Config.id", nullable=True),
        Column("entry", pa.string(), "the entry, JSON with sorted keys", nullable=True),
        Column("status", pa.string(), "scripts.lib.schemas.history.Status"),
        Column("reason", pa.string(), "why rejected (Reason)", nullable=True),
        Column("detail", pa.string(), "what exactly is wrong", nullable=True),
        Column("triton_version", pa.string(), "as the file's folder says", nullable=True),
        Column("censored", pa.string(), "why the label is censored (Censored)", nullable=True),
        Column("first", pa.string(), "commit or release that brought the file, moves followed"),
        Column("first_date", _DATE, "committer date; of a release, the newest date in its package"),
        Column("last", pa.string(), "most recent commit or release that changed the file"),
        Column("last_date", _DATE, "date of last, as first_date"),
        Column("present", pa.bool_(), "the pinned state has the file"),
    ),
    ("1: first version",),
)
