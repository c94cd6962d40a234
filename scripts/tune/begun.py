"""The GPU's process, begun while another one learns.

It needs nothing that is learned: its context and the operands are there some seconds earlier. The
driver says all that this process has to know of the GPU, which so never imports torch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from scripts.lib.files import InputError
from scripts.lib.isolate import Child, Handler
from scripts.lib.shape import Cell
from scripts.measure.conditions import Conditions
from scripts.measure.controller.idle import what_is_busy
from scripts.measure.device.choose import torch_speaks_cuda
from scripts.measure.device.nvml import NvidiaGpu
from scripts.measure.device.state import Gpu
from scripts.measure.device.visible import physical
from scripts.measure.protocol import Protocol

Make = Callable[[Protocol, Conditions, int], Handler]


class Begun:
    """The process of visible GPU ``gpu`` that warms up.

    ``names``: its cells; ``busy``: whether the GPU was in use.
    """

    def __init__(
        self,
        make: Make,
        protocol: Protocol,
        conditions: Conditions,
        gpu: Gpu,
        names: Sequence[str],
        *,
        busy: bool,
        method: str = "forkserver",
    ) -> None:
        self.gpu, self.names, self.busy = gpu, list(names), busy
        self._args, self._method = (make, protocol, conditions, gpu.index), method
        self._child: Child | None = None
        self._error: Exception | None = None
        # A server that still imports lets whoever starts a child wait; this process has work to do.
        self._thread = threading.Thread(target=self._start, daemon=True)
        self._thread.start()

    def _start(self) -> None:
        try:
            child = Child(*self._args, method=self._method)
            child.send(("warm", self.names))
            self._child = child
        except Exception as error:  # raised to whoever wants the process
            self._error = error

    def worker(self) -> Child:
        """The process, as soon as it is there."""
        self._thread.join()
        if self._child is None:
            raise RuntimeError("the GPU's process could not be started") from self._error
        return self._child

    def stop(self) -> None:
        """End it, whoever has it; once more does nothing."""
        self._thread.join()
        if self._child is not None:
            self._child.stop()


def begin(
    make: Make, gpu: int, device: str, cells: Sequence[Cell], ledger: Path, *, allow_busy: bool
) -> Begun | None:
    """Begin on visible GPU ``gpu``; None where it has to wait for torch.

    That is a GPU of another maker, or a torch that cannot use it; one that is not ``device``, or
    busy and that is not allowed: what is wrong is said later, as ever; and a run that goes on,
    whose ``ledger`` is read first.
    """
    if ledger.exists() or not any(Path("/dev").glob("nvidia[0-9]*")) or not torch_speaks_cuda():
        return None
    try:
        found = NvidiaGpu(gpu, physical(gpu))
    except (InputError, IndexError):
        return None
    busy = what_is_busy(found) is not None
    if found.identity()["device"] != device or (busy and not allow_busy):
        return None
    names = [cell.id for cell in cells]
    return Begun(make, Protocol(), Conditions(), found, names, busy=busy)
