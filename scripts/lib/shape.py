"""Shapes and cells: which layer a kernel computes, on which GPU, for how many tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The batch sizes for which the runtime's own tuner writes an entry; a file without one of them
# takes the nearest, never the default, so graphx always fills all 18.
BATCH_LADDER = (
    1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024, 1536, 2048, 3072, 4096,
)  # fmt: skip

_SHAPE_ID = re.compile(r"E(\d{1,9})-N(\d{1,9})-K(\d{1,9})-top(\d{1,9})-([a-z0-9_]+)")


@dataclass(frozen=True, order=True)
class Shape:
    """One MoE layer: E experts, N intermediate size per rank, K hidden size, top_k, scheme."""

    experts: int
    intermediate: int
    hidden: int
    top_k: int
    scheme: str

    @property
    def id(self) -> str:
        """For example ``E8-N3584-K4096-top2-bf16``."""
        return f"E{self.experts}-N{self.intermediate}-K{self.hidden}-top{self.top_k}-{self.scheme}"


@dataclass(frozen=True, order=True)
class Cell:
    """A shape on a GPU with M tokens (before each is sent to its top_k experts)."""

    device: str
    shape: Shape
    tokens: int

    @property
    def id(self) -> str:
        """For example ``NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64``."""
        return f"{self.device}/{self.shape.id}/M{self.tokens}"


def parse_shape(text: str) -> Shape:
    """The inverse of ``Shape.id``; ValueError on anything else."""
    match = _SHAPE_ID.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a shape id such as E8-N3584-K4096-top2-bf16")
    experts, intermediate, hidden, top_k = (int(match[i]) for i in range(1, 5))
    return Shape(experts, intermediate, hidden, top_k, match[5])


def parse_cell(text: str) -> Cell:
    """The inverse of ``Cell.id``; ValueError on anything else."""
    parts = text.split("/")
    if len(parts) != 3 or not re.fullmatch(r"M\d{1,9}", parts[2]):
        raise ValueError(f"{text!r} is not a cell id such as NVIDIA_H200/E8-…-bf16/M64")
    return Cell(parts[0], parse_shape(parts[1]), int(parts[2][1:]))


def device_of(cell_id: str) -> str:
    """The GPU that a cell id begins with."""
    return cell_id.partition("/")[0]


def nearest_batch(tokens: int, batches: list[int]) -> int:
    """The batch key the runtime would use for ``tokens``: nearest, ties to the first given."""
    if not batches:
        raise ValueError("no batch sizes to choose from")
    return min(batches, key=lambda batch: abs(batch - tokens))
