"""What the space phase writes: compiled binaries, legal configs, what is legal where."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from scripts.lib.tables import Column, Table

# Of the phase's tables the spaces: GPU, dash, scheme; no other name there has a dash.
SPACE_FILES = "*-*.parquet"


class Stage(StrEnum):
    """Who rejected a config: the published search, a formula, or the compiler."""

    PRUNE = "prune"
    PREFILTER = "prefilter"
    COMPILER = "compiler"


class Rejection(StrEnum):
    """The closed list of reasons why a config is not legal, or not searched."""

    # prune: rules of the published search on ROCm that hold for every problem
    INSTRUCTION_OVER_TILE = "instruction_over_tile"  # matrix_instr_nonkdim above M or N of a tile
    TILE_TOO_SMALL = "tile_too_small"  # fewer than 64 elements of output
    LDS_OVER_64K = "lds_over_64k"  # one stage of both tiles
    # prefilter
    SCHEME_UNSUPPORTED = "scheme_unsupported"  # no kernel for these number formats on this GPU
    FOREIGN_KEY = "foreign_key"  # a key that only the other vendor's compiler reads
    NOT_POWER_OF_TWO = "not_power_of_two"  # a side of a tile
    MMA_MINIMUM = "mma_minimum"  # BLOCK_SIZE_K below one matrix instruction
    MICROSCALE_FLOOR = "microscale_floor"  # BLOCK_SIZE_K no multiple of the 32 under one scale
    SCALE_BLOCK = "scale_block"  # BLOCK_SIZE_K straddles scale blocks; launched as a smaller one
    # prefilter or compiler
    SHARED_MEMORY = "shared_memory"  # more than one block may have
    # compiler
    COMPILE_ERROR = "compile_error"
    COMPILER_CRASH = "compiler_crash"
    COMPILER_HANG = "compiler_hang"
    NOT_COMPILED = "not_compiled"  # no binary was compiled that stands for it


_ARCH = Column("arch", pa.string(), "target architecture, for example sm_90 or gfx942")
_DEVICE = Column("device", pa.string(), "GPU, named as in config files")
_SCHEME = Column("scheme", pa.string(), "number formats")
_CONFIG = Column("config_id", pa.string(), "canonical config id, see scripts.lib.config.Config")

# What the compiler says of a binary. Instructions are counted in its assembly text (PTX, AMD GCN)
# as they stand there, not as often as they run.
FACTS = (
    Column("shared_bytes", pa.int32(), "shared memory (LDS) of one block, bytes", nullable=True),
    Column("registers", pa.int16(), "32-bit registers a thread, AMD's AGPRs included", True),
    Column("spills", pa.int32(), "32-bit values a thread keeps in memory for want of those", True),
    Column("occupancy", pa.int16(), "blocks that one processor holds at once", nullable=True),
    Column("tensor_ops", pa.int32(), "matrix instructions", nullable=True),
    Column("global_ops", pa.int32(), "loads, stores and copies of global memory", nullable=True),
    Column("shared_ops", pa.int32(), "loads and stores of shared memory", nullable=True),
    Column("instructions", pa.int32(), "all instructions", nullable=True),
)
FACT_NAMES = [column.name for column in FACTS]

COMPILED = Table(
    "compiled",
    1,
    "One row per binary that was compiled for an architecture without such a GPU: the gate-up or "
    "the down GEMM of a config. Rows are sorted; `drawn` ones were drawn at random to check the "
    "representatives.",
    (
        _ARCH,
        _SCHEME,
        _CONFIG,
        Column("gemm", pa.string(), "up (eight assignments share a row of activations) or down"),
        Column("drawn", pa.bool_(), "drawn at random, beside what the space needs"),
        Column("outcome", pa.string(), "correct, compile_error or timeout (Outcome)"),
        Column("reason", pa.string(), "the compiler's words; died: … for a crash", nullable=True),
        *FACTS,
        Column("triton", pa.string(), "version of the compiler"),
        Column("kernel_hash", pa.string(), "of the kernel source and of what compiles it"),
    ),
    ("1: first version",),
)

SPACE = Table(
    "space",
    2,
    "Every config of the published search space of a (GPU, scheme), legal or not.",
    (
        _DEVICE,
        _SCHEME,
        _CONFIG,
        Column("legal", pa.bool_(), "searched, passes the prefilter, compiles and fits"),
        Column("stage", pa.string(), "who rejected it (Stage)", nullable=True),
        Column("reason", pa.string(), "why (Rejection)", nullable=True),
        Column("least_shared_bytes", pa.int32(), "shared memory at least, by formula, bytes"),
        Column("compiled_as", pa.string(), "config id of the binary whose facts these are", True),
        *FACTS,
    ),
    (
        "2: compiler facts, stage and closed reasons; the formula's bytes are a lower bound",
        "1: first version",
    ),
)

SPACE_COUNTS = Table(
    "space_counts",
    1,
    "Counts of a (GPU, scheme): the space, what each stage leaves, reasons, binaries.",
    (
        _DEVICE,
        _SCHEME,
        Column(
            "quantity",
            pa.string(),
            "enumerated; pruned, prefiltered: what the published search's own rules leave, and "
            "formulas of that; legal; naive_formula: what the formula of published filters would "
            "leave; reason: rejected configs; binaries: compiled for the space and for committed "
            "configs, and drawn; triton: by the compiler's version; whole_space, refused_sample: "
            "binaries that a formula rejects, and of them those that the compiler accepts, where "
            "all of them were compiled and where some were",
        ),
        Column("key", pa.string(), "which of them, else empty; of a reason its Rejection"),
        Column("value", pa.int64(), "configs, or binaries"),
    ),
    ("1: first version",),
)

SPACE_SAMPLE = Table(
    "space_sample",
    1,
    "Binaries drawn at random against the representative that stands for them.",
    (
        _ARCH,
        _SCHEME,
        Column(
            "differs",
            pa.string(),
            "in what: a parameter that the representative leaves out, with its value, or the "
            "down GEMM",
        ),
        Column("binaries", pa.int32(), "binaries compared"),
        Column("legality", pa.int32(), "of them, those of the same legality"),
        Column("shared", pa.int32(), "… the same shared memory, or none compiled alike"),
        Column("registers", pa.int32(), "… the same registers"),
        Column("spills", pa.int32(), "… the same spills"),
        Column("largest_shared", pa.int32(), "largest difference of shared memory, bytes"),
        Column("largest_registers", pa.int32(), "largest difference of registers"),
        Column("largest_spills", pa.int32(), "largest difference of spills"),
    ),
    ("1: first version",),
)

LEGALITY = Table(
    "legality",
    1,
    "Committed configs of one GPU on another, per scheme: distinct (file, batch) entries.",
    (
        Column("source", pa.string(), "GPU the configs were committed for"),
        Column("target", pa.string(), "GPU they are judged on"),
        _SCHEME,
        Column("configs", pa.int32(), "entries of the source's files"),
        Column("legal", pa.int32(), "legal on the target as they stand"),
        Column("legal_carried", pa.int32(), "legal without keys that the target does not read"),
        Column("reasons", pa.string(), "JSON: reason -> entries not legal when carried"),
    ),
    ("1: first version",),
)

TRIPLES_LEGALITY = Table(
    "triples_legality",
    1,
    "One row per triple of a device pair: is the source's config legal on the target GPU? Nothing "
    "of it is measured, since there is no such GPU.",
    (
        Column("cell_id", pa.string(), "cell of the target, see scripts.lib.shape.Cell"),
        Column("source", pa.string(), "GPU the config comes from"),
        Column("target", pa.string(), "GPU it is carried to"),
        Column("source_file", pa.string(), "config file of the source"),
        Column("target_file", pa.string(), "config file of the target"),
        Column("source_config_id", pa.string(), "config as committed for the source"),
        Column("carried_config_id", pa.string(), "the same without keys foreign to the target"),
        Column("target_config_id", pa.string(), "config as committed for the target"),
        Column("legal", pa.bool_(), "the carried config is legal on the target"),
        Column("stage", pa.string(), "who rejected it (Stage)", nullable=True),
        Column("reason", pa.string(), "why (Rejection)", nullable=True),
        Column("target_legal", pa.bool_(), "the target's own config is, by the same judgement"),
        Column("carried_searched", pa.bool_(), "the published search on the target tries it"),
        Column("target_searched", pa.bool_(), "… and the target's own config"),
        Column("outcome", pa.string(), "not_measured (Outcome)"),
        Column("outcome_reason", pa.string(), "device_absent (NotMeasured)"),
    ),
    ("1: first version",),
)
