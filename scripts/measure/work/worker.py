"""The process that owns the GPU: its entry, for ``scripts.lib.isolate.Child``.

This module imports neither torch nor Triton, so that the process can still be told which GPU to
see, and whether kernels are compiled or interpreted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.measure.backend.process import prepare_process
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol

if TYPE_CHECKING:
    from scripts.measure.work.tasks import Worker


def make_worker(protocol: Protocol, conditions: Conditions, gpu: int) -> Worker:
    """The handler of tasks on the ``gpu``-th visible GPU (no matter which on the interpreter)."""
    prepare_process(conditions.backend, gpu)
    from scripts.measure.backend.choose import open_backend  # noqa: PLC0415 - see above
    from scripts.measure.work.tasks import Worker  # noqa: PLC0415

    return Worker(protocol, conditions, open_backend(conditions))
