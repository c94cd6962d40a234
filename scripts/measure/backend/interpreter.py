"""Triton's interpreter on a CPU: the same kernels, slowly, so that the harness runs anywhere."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import torch
from triton.runtime.interpreter import InterpretedFunction

from kernels.alignment import Alignment
from kernels.formats import SCHEMES
from kernels.launch import Gemm, launch_jit
from kernels.moe_gemm import moe_gemm_kernel
from scripts.lib.files import InputError
from scripts.lib.shape import Shape
from scripts.measure.backend.interface import Entry, Reading
from scripts.measure.protocol import draws_of

# A replay in the interpreter takes milliseconds whatever is in it, and has no cache to outwit.
_MOST_DRAWS = 2


class Interpreted:
    """Any config: there is nothing to compile or to load."""

    registers = spills = None

    def launch(self, gemm: Gemm, alignment: Alignment, entry: Entry) -> None:
        """Run the GEMM to its end."""
        launch_jit(gemm, alignment, entry)


class WallTimer:
    """Times calls with the wall clock, us a pass; nothing is ever left queued."""

    def __init__(self, run: Callable[[], None], passes: int) -> None:
        self._run, self._passes = run, passes

    def enqueue(self) -> Reading:
        """Run once; the reading holds at once."""
        began = time.perf_counter()
        self._run()
        us = (time.perf_counter() - began) * 1e6 / self._passes
        return lambda: us

    def __call__(self, count: int) -> list[float]:
        """Run ``count`` times."""
        return [self.enqueue()() for _ in range(count)]


class InterpreterBackend:
    """The CPU that this process runs on."""

    device = "cpu"
    fnuz = False

    def __init__(self) -> None:
        if not isinstance(moe_gemm_kernel, InterpretedFunction):
            raise InputError(
                "kernels were imported for a GPU's compiler before the interpreter was chosen; "
                "start the process with TRITON_INTERPRET=1"
            )
        # The numbers are few, and a forked process cannot use its parent's pool of threads.
        torch.set_num_threads(1)

    def refuses(self, shape: Shape) -> str | None:
        """All but layers in fp16: the interpreter's product of bf16 numbers is silently wrong."""
        if SCHEMES[shape.scheme].compute is torch.float16:
            return None
        able = ", ".join(name for name, form in SCHEMES.items() if form.compute is torch.float16)
        return f"{shape.scheme} multiplies bf16, which the interpreter gets wrong; use {able}"

    def draws(self, tokens: int) -> int:
        """As many as show that draws rotate."""
        return min(draws_of(tokens), _MOST_DRAWS)

    def load(self, entry: Entry, shape: Shape) -> Interpreted:
        """Nothing to load."""
        return Interpreted()

    def timer(self, run: Callable[[], None], passes: int) -> WallTimer:
        """A wall clock round ``run``."""
        return WallTimer(run, passes)

    def synchronise(self) -> None:
        """Nothing is ever left queued."""

    def release(self) -> None:
        """Collect garbage."""
        gc.collect()

    def is_out_of_memory(self, error: Exception) -> bool:
        """Torch's allocator for the CPU has no class of its own for it."""
        return isinstance(error, MemoryError) or "can't allocate memory" in str(error)
