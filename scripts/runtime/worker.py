"""The process that owns the GPU and runs the runtime's operator there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.measure.backend.process import prepare_process
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol

if TYPE_CHECKING:
    from scripts.runtime.racing import Race
    from scripts.runtime.tasks import OpWorker


def make_op_worker(
    protocol: Protocol, conditions: Conditions, gpu: int, race: Race | None = None
) -> OpWorker:
    """The handler of tasks on the ``gpu``-th visible GPU, as scripts.measure.work.worker's.

    ``race``: see OpWorker. InputError where vLLM is not installed.
    """
    from scripts.runtime.installed import installed  # noqa: PLC0415

    installed()
    prepare_process(conditions.backend, gpu)
    from scripts.runtime.backend import OpBackend  # noqa: PLC0415
    from scripts.runtime.op import VllmOp  # noqa: PLC0415
    from scripts.runtime.tasks import OpWorker  # noqa: PLC0415

    return OpWorker(protocol, conditions, OpBackend(), VllmOp(), race)
