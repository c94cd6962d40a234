"""One candidate on one cell: its binaries, the correctness check, its CUDA graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from triton.backends.compiler import GPUTarget

from kernels.compilation import compile_gemm
from kernels.launch import launch_compiled
from kernels.tolerances import SENTINEL, Agreement, compare
from kernels.variant import binary_key
from scripts.lib.shape import Shape
from scripts.measure.operands import Operands, variants


@dataclass(frozen=True)
class Binaries:
    """The gate-up and the down GEMM of one config, compiled and loaded."""

    up: Any
    down: Any

    @property
    def registers(self) -> list[int]:
        """Registers per thread: gate-up, down."""
        return [int(self.up.n_regs), int(self.down.n_regs)]

    @property
    def spills(self) -> list[int]:
        """Spilled registers per thread: gate-up, down."""
        return [int(self.up.n_spills), int(self.down.n_spills)]


class BinaryCache:
    """Binaries by config, compiled ahead by the pool and loaded on first use."""

    def __init__(self, target: GPUTarget) -> None:
        self.target = target
        self._loaded: dict[Any, Binaries] = {}

    def get(self, entry: Mapping[str, int], shape: Shape) -> Binaries:
        """Load both binaries; raises what the compiler or the driver raises (out of resources)."""
        wanted = variants(shape)
        key = (wanted, binary_key(entry))
        if key not in self._loaded:
            pair = [compile_gemm(entry, variant, self.target) for variant in wanted]
            for compiled in pair:
                _ = compiled.run  # loads the binary, or raises if the GPU cannot hold it
            self._loaded[key] = Binaries(*pair)
        return self._loaded[key]


def run_once(operands: Operands, binaries: Binaries, entry: Mapping[str, int], index: int) -> None:
    """Both GEMMs of draw ``index`` on the current stream."""
    alignment = operands.alignment(index, entry["BLOCK_SIZE_M"])
    up, down = operands.gemms(index)
    launch_compiled(binaries.up, up, alignment, entry)
    launch_compiled(binaries.down, down, alignment, entry)


def check(operands: Operands, binaries: Binaries, entry: Mapping[str, int]) -> Agreement:
    """Run on the check draw into scrubbed outputs and compare both with the reference.

    Returns the worse agreement of the two GEMMs.
    """
    operands.up.fill_(SENTINEL)
    operands.down.fill_(SENTINEL)
    run_once(operands, binaries, entry, len(operands.draws) - 1)
    outputs = zip((operands.up, operands.down), operands.references, strict=True)
    results = [compare(out, reference) for out, reference in outputs]
    return max(results, key=lambda a: (not a.passes, a.logits_diff))


def capture(
    operands: Operands, binaries: Binaries, entry: Mapping[str, int]
) -> torch.cuda.CUDAGraph:
    """A CUDA graph of one pass over each timed draw, captured on a stream of its own."""
    for index in range(operands.timed):  # alignments allocate, so they come before the capture
        operands.alignment(index, entry["BLOCK_SIZE_M"])
    graph = torch.cuda.CUDAGraph()
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    # torch.cuda.graph() would collect garbage and empty the allocator's cache: 50 ms a candidate.
    with torch.cuda.stream(stream):
        graph.capture_begin()
        for index in range(operands.timed):
            run_once(operands, binaries, entry, index)
        graph.capture_end()
    torch.cuda.current_stream().wait_stream(stream)
    return graph
