"""The process that owns the GPU and runs the runtime's operator there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.measure.backend.process import prepare_process
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol
from scripts.runtime.operators import Make, vllm

if TYPE_CHECKING:
    from scripts.runtime.racing import Race
    from scripts.runtime.tasks import OpWorker


def make_op_worker(
    protocol: Protocol,
    conditions: Conditions,
    gpu: int,
    race: Race | None = None,
    make: Make = vllm,
) -> OpWorker:
    """The handler of tasks on the ``gpu``-th visible GPU, as scripts.measure.work.worker's.

    ``race``: see OpWorker. ``make``: the operator. InputError where vLLM is not installed.
    """
    from scripts.runtime.installed import installed  # noqa: PLC0415

    installed()
    prepare_process(conditions.backend, gpu)
    from scripts.runtime.backend import OpBackend  # noqa: PLC0415
    from scripts.runtime.tasks import OpWorker  # noqa: PLC0415

    op = make()
    return OpWorker(protocol, conditions, OpBackend(op.schemes), op, race)
