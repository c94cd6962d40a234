"""A GPU through torch: binaries compiled ahead, CUDA graphs, events. On ROCm these are HIP's."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch
import triton
from triton.runtime.interpreter import InterpretedFunction

from kernels.alignment import Alignment
from kernels.compilation import compile_gemm, fp8_dtype
from kernels.formats import SCHEMES
from kernels.launch import Gemm, launch_compiled
from kernels.moe_gemm import moe_gemm_kernel
from kernels.variant import binary_key, effective
from scripts.lib.files import InputError
from scripts.lib.shape import Shape
from scripts.measure.backend.interface import Entry, Reading
from scripts.measure.backend.variants import variants
from scripts.measure.protocol import draws_of


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

    def launch(self, gemm: Gemm, alignment: Alignment, entry: Entry) -> None:
        """Launch the binary that the GEMM takes on the current stream."""
        binary = self.up if gemm.route_weight is None else self.down
        launch_compiled(binary, gemm, alignment, entry)


class GraphTimer:
    """Times replays of one graph with events, us a pass."""

    def __init__(self, graph: torch.cuda.CUDAGraph, passes: int) -> None:
        self._graph, self._passes = graph, passes

    def enqueue(self) -> Reading:
        """Queue one timed replay; the reading holds once the GPU has been synchronised."""
        start, end = torch.cuda.Event(True), torch.cuda.Event(True)
        start.record()
        self._graph.replay()
        end.record()
        return lambda: float(start.elapsed_time(end)) * 1e3 / self._passes

    def __call__(self, count: int) -> list[float]:
        """Time ``count`` replays back to back, with nothing synchronised between."""
        readings = [self.enqueue() for _ in range(count)]
        torch.cuda.synchronize()
        return [reading() for reading in readings]


class GpuBackend:
    """The GPU that this process sees first.

    ``run_time``: kernel parameters left to the launch, as the binaries were compiled ahead.
    """

    device = "cuda"

    def __init__(self, run_time: Collection[str] = ()) -> None:
        if isinstance(moe_gemm_kernel, InterpretedFunction):
            raise InputError("kernels are interpreted in this process; unset TRITON_INTERPRET")
        with ThreadPoolExecutor(1) as beside:  # Triton compiles its link to the driver, where new
            link = beside.submit(lambda: triton.runtime.driver.active)
            torch.cuda.init()
            torch.zeros(1, device=self.device)  # the context
            link.result()
        self.target = triton.runtime.driver.active.get_current_target()
        self.fnuz = fp8_dtype(str(self.target.arch)) is torch.float8_e4m3fnuz
        self._run_time = tuple(run_time)
        self._loaded: dict[Any, Binaries] = {}
        self._stream = torch.cuda.Stream()
        # All graphs allocate from one pool, or each would keep the scratch memory of a whole layer
        # to itself. They may: they run one after another, and each writes before it reads. This
        # graph is never replayed; it keeps the pool alive while no candidate's graph does.
        self._keeper = torch.cuda.CUDAGraph()
        self._counter = torch.zeros(1, device=self.device)
        self._capture(self._keeper, lambda: self._counter.add_(1))

    def refuses(self, shape: Shape) -> str | None:
        """Nothing: what a GPU cannot compute, its compiler refuses config by config."""
        return None

    def draws(self, tokens: int) -> int:
        """As the protocol has it."""
        return draws_of(tokens)

    def load(self, entry: Entry, shape: Shape) -> Binaries:
        """Load both binaries, from the cache of those compiled ahead if they are there.

        Both in any scope: a config that cannot run a layer is illegal for all of it.
        """
        wanted = variants(shape)
        key = (wanted, binary_key(effective(entry, SCHEMES[shape.scheme]), self._run_time))
        if key not in self._loaded:
            pair = [compile_gemm(entry, v, self.target, self._run_time) for v in wanted]
            for compiled in pair:
                _ = compiled.run  # loads the binary, or raises if the GPU cannot hold it
            self._loaded[key] = Binaries(*pair)
        return self._loaded[key]

    def timer(self, run: Callable[[], None], passes: int) -> GraphTimer:
        """Capture what ``run`` queues into a CUDA graph and replay that."""
        graph = torch.cuda.CUDAGraph()
        self._capture(graph, run, pool=self._keeper.pool())
        return GraphTimer(graph, passes)

    def _capture(self, graph: torch.cuda.CUDAGraph, run: Callable[[], Any], **begin: Any) -> None:
        self._stream.wait_stream(torch.cuda.current_stream())
        # torch.cuda.graph() would collect garbage and empty the allocator's cache: 50 ms each.
        with torch.cuda.stream(self._stream):
            graph.capture_begin(**begin)
            try:
                run()
            finally:
                graph.capture_end()
        torch.cuda.current_stream().wait_stream(self._stream)

    def synchronise(self) -> None:
        """Wait for the GPU; raises if something that ran on it failed."""
        torch.cuda.synchronize()

    def release(self) -> None:
        """Collect garbage and give cached memory back to the driver."""
        gc.collect()
        torch.cuda.empty_cache()

    def is_out_of_memory(self, error: Exception) -> bool:
        """Torch has a class for it; Triton's loader passes on the driver's words."""
        return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error)
