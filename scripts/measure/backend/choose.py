"""The backend that conditions name."""

from __future__ import annotations

from scripts.measure.backend.interface import Backend
from scripts.measure.conditions import Conditions


def open_backend(conditions: Conditions) -> Backend:
    """The backend of that name; the process must have been prepared by ``prepare_process``."""
    if conditions.backend == "interpreter":
        from scripts.measure.backend.interpreter import (  # noqa: PLC0415
            InterpreterBackend,
        )

        return InterpreterBackend()
    from scripts.measure.backend.gpu import GpuBackend  # noqa: PLC0415

    return GpuBackend(conditions.run_time)
