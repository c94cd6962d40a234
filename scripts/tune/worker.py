"""Entries of the processes that a search works with, for ``scripts.lib.isolate.Child``.

Importing torch and Triton takes seconds, and a search starts a process for the GPU and one for each
core that compiles. They are forked from a server that has imported both once, and that has never
touched a GPU, while the search itself still reads its tables. This module imports neither.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scripts.measure.backend.process import prepare_process
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol

if TYPE_CHECKING:
    from scripts.runtime.racing import Race
    from scripts.tune.jobs import Task
    from scripts.tune.layer_worker import LayerWorker

METHOD = "forkserver"
_INTERPRET = "TRITON_INTERPRET"


def start_server(backend: str) -> str:
    """Start the server, unless it runs, and return at once; the method by which children start.

    Kernels are made for the compiler or for the interpreter when they are imported, so all
    children of this process have the same ``backend``.
    """
    multiprocessing.set_forkserver_preload(
        [
            "scripts.tune.uncollected",
            "scripts.tune.layer_worker",
            "scripts.measure.work.binaries",
            f"scripts.measure.backend.{backend}",
        ]
    )
    before = os.environ.pop(_INTERPRET, None)
    if backend == "interpreter":
        os.environ[_INTERPRET] = "1"
    try:
        multiprocessing.forkserver.ensure_running()
    finally:
        os.environ.pop(_INTERPRET, None)
        if before is not None:
            os.environ[_INTERPRET] = before
    return METHOD


def make_layer_worker(
    protocol: Protocol, conditions: Conditions, gpu: int, race: Race | None = None
) -> LayerWorker:
    """The handler of tasks on the ``gpu``-th visible GPU, as scripts.measure.work.worker's.

    ``race``: when finals end early; default, never.
    """
    prepare_process(conditions.backend, gpu)
    from scripts.measure.backend.choose import open_backend  # noqa: PLC0415 - see above
    from scripts.tune.layer_worker import LayerWorker  # noqa: PLC0415

    return LayerWorker(protocol, conditions, open_backend(conditions), race)


def make_compiler(target: tuple[Any, ...]) -> Callable[[Task], dict[str, Any]]:
    """The handler of compile jobs; ``target``: as ``LayerWorker.do_warm`` says.

    There is one for each core: whoever feeds the GPU goes first.
    """
    os.nice(10)
    from scripts.tune.uncollected import collect_what_is_new  # noqa: PLC0415

    collect_what_is_new()
    from triton.backends.compiler import GPUTarget  # noqa: PLC0415

    from scripts.measure.work.binaries import Compiler  # noqa: PLC0415

    compiler = Compiler(GPUTarget(*target))
    return lambda task: compiler(pickle.loads(task.job))


def make_namer() -> Callable[[tuple[Any, ...]], Any]:
    """The handler of ``scripts.tune.jobs.JobNames``: jobs of entries on a shape, and targets."""
    from kernels.targets import target_of  # noqa: PLC0415
    from scripts.measure.work.binaries import jobs_of  # noqa: PLC0415

    def answer(task: tuple[Any, ...]) -> Any:
        match task:
            case ("jobs", entries, shape, run_time):
                found = [jobs_of([entry], shape, run_time) for entry in entries]
                return [[(job.id, pickle.dumps(job)) for job in jobs] for jobs in found]
            case ("target", arch):
                target = target_of(arch)
                return target.backend, target.arch, target.warp_size
            case _:
                raise ValueError(f"{task[0]}: asked for neither jobs nor a target")

    return answer
