"""Small cells of Triton's interpreter, and real workers and sweeps to try them in."""

from __future__ import annotations

import functools
import multiprocessing
import multiprocessing.forkserver
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from scripts.lib.config import parse_id
from scripts.lib.isolate import Child
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol
from scripts.measure.work.worker import make_worker

CELL = "CPU_interpreter/E4-N32-K32-top2-fp16/M4"
CONFIGS = [
    f"M16-N{n}-K{k}-G{g}-W4-S{s}"
    for n in (64, 32)
    for k in (32, 16)
    for g in (1, 4)
    for s in (2, 3)
]
# A replay in the interpreter takes a tenth of a second: as few as the protocol can do with.
QUICK = Protocol(
    batch=2, cap=2, slow_samples=1, anchor_samples=1, finals_seconds=0.0, least_rounds=2, rounds=2
)


def entry_of(config_id: str) -> dict[str, int]:
    return parse_id(config_id).to_entry()


ENTRY = entry_of(CONFIGS[0])


@functools.cache
def start_method() -> str:
    """How interpreter workers start here: forked from a server that has imported all they need.

    Importing torch and Triton takes seconds, and many tests start a worker. The test's own process
    may hold kernels made for the compiler, so it cannot be the one that is forked.
    """
    multiprocessing.set_forkserver_preload(
        [
            "scripts.measure.work.tasks",
            "scripts.measure.backend.interpreter",
            "scripts.measure.sweep",
        ]
    )
    with mock.patch.dict(os.environ, {"TRITON_INTERPRET": "1"}):
        multiprocessing.forkserver.ensure_running()
    return "forkserver"


@contextmanager
def worker(factory: Any = make_worker, protocol: Protocol = QUICK, **stated: Any) -> Iterator[Any]:
    """A function that calls an interpreter worker's tasks; ``stated``: Conditions."""
    conditions = Conditions(backend="interpreter", **stated)
    child = Child(factory, protocol, conditions, 0, method=start_method())
    try:
        yield lambda *task: child.call(task, 60.0)
    finally:
        child.stop()


def controller(function: Callable[[], int]) -> Any:
    """A process, not started, that exits with what a function returns: it can run a sweep."""
    context = multiprocessing.get_context(start_method())
    return context.Process(target=_exit_with, args=(function,))


def _exit_with(function: Callable[[], int]) -> None:
    raise SystemExit(function())
