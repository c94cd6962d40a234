"""The entry of a fresh process with FlashInfer in it."""

from __future__ import annotations

from typing import Any

from scripts.audit.live.plan import Plan
from scripts.measure.backend.process import prepare_process
from scripts.measure.conditions import Conditions


def make_cute_sitting(plan: Plan, seed: int, backend: str, gpu: int) -> Any:
    """The handler, in a process that was just started."""
    prepare_process(backend, gpu)
    from scripts.audit.live.flashinfer.sitting import CuteSitting  # noqa: PLC0415 - a GPU stack
    from scripts.measure.backend.choose import open_backend  # noqa: PLC0415

    return CuteSitting(plan, seed, open_backend(Conditions(backend=backend)))
