"""The few numbers that the equations leave open, with their meaning, start and range.

A range is what the hardware can do: an efficiency is at most one, a latency not below that of an
L2 hit. Fitting (scripts.sim.model.fit) moves a number within its range only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from scripts.lib.files import InputError


@dataclass(frozen=True)
class Open:
    """One open number: where fitting starts, its range, its meaning."""

    start: float
    low: float
    high: float
    doc: str


OPEN = {
    "dram_share": Open(0.92, 0.6, 1.0, "share of the record's memory bandwidth that is reached"),
    "dram_latency_s": Open(7e-7, 2e-7, 2e-6, "seconds from a load to its data, memory idle"),
    "l2_bytes_clk": Open(48.0, 8.0, 128.0, "bytes a clock from L2 to one processor"),
    "l2_kept": Open(0.5, 0.1, 1.0, "share of L2 in which weights survive until read again"),
    "tensor_share": Open(0.8, 0.4, 1.0, "share of the peak rate that native instructions reach"),
    "legacy_share": Open(0.6, 0.2, 1.0, "the same for the older instructions of small tiles"),
    "shared_share": Open(0.9, 0.3, 1.0, "share of 128 bytes a clock that shared memory gives"),
    "spill_share": Open(0.3, 0.02, 1.0, "the same for spilled registers, which L1 holds"),
    "unpack_ops": Open(4.0, 0.5, 32.0, "lane operations to widen one stored weight"),
    "issue_clk": Open(8.0, 0.5, 64.0, "clocks a warp needs to issue one tensor instruction"),
    "start_s": Open(2e-6, 2e-7, 8e-6, "seconds before a program's first product: ids, first tiles"),
    "store_bytes_clk": Open(16.0, 2.0, 128.0, "bytes of C a processor stores a clock"),
    "launch_s": Open(2e-6, 5e-7, 6e-6, "seconds that one kernel of a graph takes to come and go"),
    "idle_s": Open(2e-9, 1e-10, 5e-8, "seconds that a launched program without rows takes"),
    "tail": Open(0.8, 0.05, 1.0, "share of an incomplete wave that is paid as a whole one"),
    "overlap": Open(4.0, 1.5, 16.0, "norm of memory and processors; 1 adds them"),
    "contention": Open(4.0, 1.5, 16.0, "norm of the units of one processor, likewise"),
    "queueing": Open(2.0, 1.0, 16.0, "norm of latency and bandwidth of memory, likewise"),
    "shared_fill": Open(0.5, 0.05, 1.0, "cost of filling shared memory, to that of reading it"),
}  # fmt: skip


@dataclass(frozen=True)
class Parameters:
    """A value for each entry of OPEN; units and meaning stand there."""

    dram_share: float
    dram_latency_s: float
    l2_bytes_clk: float
    l2_kept: float
    tensor_share: float
    legacy_share: float
    shared_share: float
    spill_share: float
    unpack_ops: float
    issue_clk: float
    start_s: float
    store_bytes_clk: float
    launch_s: float
    idle_s: float
    tail: float
    overlap: float
    contention: float
    queueing: float
    shared_fill: float

    @classmethod
    def started(cls) -> Parameters:
        """Where fitting starts."""
        return cls(**{name: number.start for name, number in OPEN.items()})

    @classmethod
    def read(cls, values: Mapping[str, float]) -> Parameters:
        """From a model file; InputError names what is missing or unknown."""
        names = {field.name for field in fields(cls)}
        if set(values) != names:
            raise InputError(
                f"model parameters: missing {sorted(names - set(values))},"
                f" unknown {sorted(set(values) - names)}; fit the model again"
            )
        return cls(**{name: float(values[name]) for name in OPEN})

    def values(self) -> dict[str, float]:
        """By name, in the order of OPEN."""
        return asdict(self)
