"""Which GPU of the machine a number means, and how a process is kept to one of them.

The driver's management library numbers the GPUs in PCI order, the runtime by speed and only those
that the environment lets it see: index i is the i-th visible one, in PCI order.
"""

from __future__ import annotations

import os

_VARIABLES = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")


def visible() -> list[str] | None:
    """The GPUs that the environment names, as numbers or UUIDs; None if it names none."""
    for variable in _VARIABLES:
        if variable in os.environ:
            return [part.strip() for part in os.environ[variable].split(",") if part.strip()]
    return None


def physical(index: int) -> str:
    """Number or UUID of visible GPU ``index``; IndexError if fewer are visible."""
    named = visible()
    return str(index) if named is None else named[index]


def restrict(index: int) -> None:
    """Let this process see visible GPU ``index`` alone. To be called before CUDA or HIP starts."""
    where = physical(index)
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    os.environ[_VARIABLES[0]] = where
    if _VARIABLES[1] in os.environ:
        os.environ[_VARIABLES[1]] = where
