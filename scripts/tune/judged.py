"""The last word on a tuned layer's rows: finals under the operator of the runtime that serves."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.budget import Budget
from scripts.lib.files import InputError
from scripts.lib.shape import Shape
from scripts.measure.controller.fleet import Limits
from scripts.measure.controller.records import NO_LIMIT
from scripts.runtime.installed import installed
from scripts.runtime.judge import MOST, Place, judge, lines_of
from scripts.tune.clock import Paused
from scripts.tune.options import OP, TWO_GEMM

PAUSED = 3  # exit status of a sweep


@dataclass(frozen=True)
class Judging:
    """``judge``: one of JUDGES. ``until``: monotonic seconds at which to pause. ``module``: whose
    command stands in the ledger."""  # noqa: D205,D209

    judge: str
    gpu: int
    until: float
    allow_busy: bool
    module: str


def why_not(shape: Shape) -> str | None:
    """Why the operator cannot judge a layer on this machine; None if it can."""
    try:
        installed()
    except InputError as error:
        return str(error)
    from scripts.runtime.backend import refusal  # noqa: PLC0415 - torch, where there is an operator

    return refusal(shape)


def judged(shape: Shape, folder: Path, judging: Judging) -> list[str]:
    """Choose vLLM's rows anew in the tuned folder, where that is asked for and can be.

    Returns lines to print. Paused if the time is up before; InputError where the operator is asked
    for and cannot judge.
    """
    if judging.judge == TWO_GEMM:
        return []
    if (why := why_not(shape)) is not None:
        if judging.judge == OP:
            raise InputError(f"--judge {OP}: {why}")
        return [f"vLLM's rows are chosen by graphx's two GEMMs: {why}"]
    limits = Limits(Budget(NO_LIMIT), judging.until, judging.allow_busy)
    place = Place(folder, folder, folder / "op" / "ledger.jsonl", judging.module)
    began = time.perf_counter()
    status, made = judge(place, MOST, judging.gpu, limits)
    if made is None:
        if status == PAUSED:
            raise Paused
        raise InputError(f"{place.ledger}: some rows have no finals; run the same command again")
    seconds = time.perf_counter() - began
    return [f"vLLM's rows, chosen by its own operator in {seconds:.0f} s:", *lines_of(made)]
