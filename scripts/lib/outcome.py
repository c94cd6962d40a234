"""What became of a trial. A failure is a recorded value, never an infinity or a missing row."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The end of one trial (one config tried on one cell)."""

    CORRECT = "correct"
    ILLEGAL = "illegal"
    COMPILE_ERROR = "compile_error"
    RUNTIME_ERROR = "runtime_error"
    TIMEOUT = "timeout"
    MISMATCH = "mismatch"
    NOT_MEASURED = "not_measured"


class NotMeasured(StrEnum):
    """The closed list of reasons for ``not_measured``."""

    DEVICE_ABSENT = "device_absent"
    BUDGET_SPENT = "budget_spent"
    FOREIGN_KERNEL = "foreign_kernel"
    SCHEME_UNSUPPORTED = "scheme_unsupported"
    NOT_RECORDED = "not_recorded"
    OUT_OF_MEMORY = "out_of_memory"  # the cell's operands do not fit the GPU
    CELL_FAILED = "cell_failed"  # the cell could not be set up, or its worker kept dying


class Stop(StrEnum):
    """Why sampling of one trial ended."""

    PRECISION = "precision"
    CAP = "cap"
    SLOW = "slow"
