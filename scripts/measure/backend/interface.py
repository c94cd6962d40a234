"""What the worker asks of the machine that candidates run on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from kernels.alignment import Alignment
from kernels.launch import Gemm
from scripts.lib.shape import Shape

Entry = Mapping[str, int]
# A queued replay's time in us a pass, to be read once the GPU has been synchronised.
Reading = Callable[[], float]


class Loaded(Protocol):
    """One config, ready to be launched."""

    @property
    def registers(self) -> list[int] | None:
        """Registers per thread: gate-up, down; None where there are none."""

    @property
    def spills(self) -> list[int] | None:
        """Spilled registers per thread: gate-up, down; None where there are none."""

    def launch(self, gemm: Gemm, alignment: Alignment, entry: Entry) -> None:
        """Queue the gate-up GEMM, or the down GEMM where there is a routing weight."""


class Replays(Protocol):
    """The same passes again and again, timed."""

    def enqueue(self) -> Reading:
        """Queue one timed replay; the reading, us a pass, holds once all has been synchronised."""

    def __call__(self, count: int) -> list[float]:
        """Time ``count`` replays back to back, us a pass, with nothing synchronised between."""


class Backend(Protocol):
    """A machine. ``device``: torch's name of it. ``fnuz``: it multiplies FP8 without minus zero."""

    device: str
    fnuz: bool

    def refuses(self, shape: Shape) -> str | None:
        """Why it cannot compute a shape's scheme; None if it can."""

    def draws(self, tokens: int) -> int:
        """Routing draws in one replay."""

    def load(self, entry: Entry, shape: Shape) -> Loaded:
        """Make a config ready; raises what the compiler or the driver raises."""

    def timer(self, run: Callable[[], None], passes: int) -> Replays:
        """A timer of what ``run`` queues, which is ``passes`` passes."""

    def synchronise(self) -> None:
        """Wait for all that is queued; raises if any of it failed."""

    def release(self) -> None:
        """Give memory that nothing holds any more back to the machine."""

    def is_out_of_memory(self, error: Exception) -> bool:
        """Whether an error says that the machine's memory is full."""
