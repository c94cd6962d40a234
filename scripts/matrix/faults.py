"""What is done to an engine on purpose, in its own process: what its libraries say is then real."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

_FULL = Path("/dev/full")  # a device that has no space, on every Linux


def out_of_memory() -> None:
    """Ask the GPU for more than it has free."""
    import torch  # noqa: PLC0415 - the engine's process has it

    free, _ = torch.cuda.mem_get_info()
    torch.empty(free + (1 << 30), dtype=torch.uint8, device="cuda")


def hang() -> None:
    """Never answer."""
    time.sleep(3600)


def port_taken() -> None:
    """Open the port of PyTorch's rendezvous where another has it."""
    store: Any = import_module("torch.distributed").TCPStore
    first = store("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    store("127.0.0.1", first.port, is_master=True, wait_for_workers=False)


def no_space() -> None:
    """Write a file where there is no space for it."""
    with _FULL.open("wb") as file:
        file.write(bytes(1 << 20))


# A crash comes from outside: the process is killed while it hangs.
FAULTS: dict[str, Callable[[], None]] = {
    "out_of_memory": out_of_memory, "hang": hang, "port_taken": port_taken, "no_space": no_space,
}  # fmt: skip
