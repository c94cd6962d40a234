"""A measurement has the GPU to itself, or it says that it had not."""

from __future__ import annotations

import time

from scripts.lib.files import InputError
from scripts.measure.device.state import Gpu

# Per cent. A GPU that does nothing reads 0; the management library itself can show as 1 or 2.
IDLE_UTILISATION = 5
# A worker that was just killed keeps its memory and its clock of activity for some seconds.
PATIENCE_S = 15.0


def what_is_busy(gpu: Gpu) -> str | None:
    """Who or what uses the GPU now, in words; None if it is idle."""
    found = gpu.processes()
    if found:
        names = ", ".join(f"{process.pid} ({process.name})" for process in found)
        return f"other processes: {names}"
    usage = gpu.state().utilisation
    if usage is not None and usage > IDLE_UTILISATION:
        return f"{usage}% utilisation by a process that this one cannot see"
    return None


def check_idle(gpu: Gpu, allow_busy: bool, patience_s: float = PATIENCE_S) -> bool:
    """True if the GPU is busy and that is allowed; waits a little for it to become idle.

    To be called before this process starts anything on the GPU. InputError if it stays busy and
    that is not allowed.
    """
    until = time.monotonic() + patience_s
    while (found := what_is_busy(gpu)) is not None:
        if allow_busy:
            return True
        if time.monotonic() > until:
            raise InputError(
                f"GPU {gpu.index} is busy ({found}); wait or choose another with --gpus, or go on "
                "with --allow-busy, which marks every cell"
            )
        time.sleep(0.5)
    return False
