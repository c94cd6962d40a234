"""Rows of a file on this machine's GPU: the few paired trials that decide what to do with each.

Of each batch size the row, the runtime's default, what the runtime ships, the file's neighbouring
rows and what a search would try first meet in interleaved finals: under vLLM's own operator where
vLLM is installed, else under graphx's two GEMMs. Killed or paused, the same command goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from scripts.health.config_file import ConfigFile
from scripts.health.finding import TRIED, Finding, Level
from scripts.health.predicted import Known, layer_of
from scripts.health.trials import (
    DEFAULT,
    NEXT,
    ROW,
    SHIPPED,
    Decided,
    PausedError,
    Word,
    decided,
    plan_of,
)
from scripts.lib.budget import Budget
from scripts.lib.carry import carried_over
from scripts.lib.chain import read_chain
from scripts.lib.config import Config
from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.runtimes.default_config import SCHEMES, default_config, newest_default
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.lib.runtimes.shipped import shipped
from scripts.lib.shape import Cell, Shape
from scripts.measure.conditions import Conditions
from scripts.measure.controller.fleet import Limits
from scripts.measure.controller.records import NO_LIMIT
from scripts.measure.controller.subject import Subject, own_kernels
from scripts.measure.device.choose import open_gpu
from scripts.measure.sweep import sweep
from scripts.measure.work.worker import make_worker

LOG = logging.getLogger("check")
MODULE = "scripts.health.check"
# What is beyond the spread of interleaved finals, as in the locked spec (win_margin).
MARGIN = 0.01
SCOPES = ("op", "two_gemm")
PAUSED = 3  # of a sweep, and of the check


@dataclass(frozen=True)
class Bench:
    """A GPU of this machine, and under which kernels a file's rows meet there.

    ``device``: the GPU's name. ``version``: of the vLLM whose operator is measured, if it is.
    """

    gpu: int
    device: str
    scope: str
    subject: Subject
    make: Callable[..., Any]
    version: str | None
    until: float
    allow_busy: bool
    folder: Path

    def default(self, cell: Cell) -> Config | None:
        """What the runtime launches without a file: of the release measured, else the newest."""
        if self.version is None or cell.shape.scheme not in SCHEMES:
            return newest_default(cell.shape, cell.tokens, find_device(cell.device))
        return default_config(cell.shape, cell.tokens, self.version)


def open_bench(
    scope: str | None, gpu: int, seconds: float, allow_busy: bool, folder: Path
) -> Bench:
    """The bench of GPU ``gpu``. ``scope``: None for the operator where vLLM is installed.

    InputError without a GPU that torch can use, or without the vLLM that ``op`` asks for.
    """
    device = str(open_gpu(gpu, "gpu").identity()["device"])
    until = time.monotonic() + seconds
    if scope == "op" or (scope is None and find_spec("vllm") is not None):
        # Imported here: what needs vLLM says so, everything else works without.
        from scripts.runtime.installed import installed  # noqa: PLC0415
        from scripts.runtime.study import operator  # noqa: PLC0415
        from scripts.runtime.worker import make_op_worker  # noqa: PLC0415

        found = installed()
        subject = operator(found, gpu, module=MODULE)
        return Bench(
            gpu, device, "op", subject, make_op_worker, found.version, until, allow_busy, folder
        )
    return Bench(
        gpu, device, "two_gemm", own_kernels(), make_worker, None, until, allow_busy, folder
    )


def rivals(
    file: ConfigFile, shape: Shape, bench: Bench, histories: Mapping[str, Path]
) -> dict[Cell, dict[str, Config]]:
    """By cell what meets, by name. ``histories``: what each runtime's files were mined into."""
    assert file.device is not None
    order = sorted(file.configs)
    twins = [
        shipped(runtime, shape, file.device.name, histories[name])
        for name, runtime in RUNTIMES.items()
    ]
    found: dict[Cell, dict[str, Config]] = {}
    for place, tokens in enumerate(order):
        cell = Cell(file.device.name, shape, tokens)
        named = {ROW: file.configs[tokens]}
        default = bench.default(cell)
        if default is not None:
            named[DEFAULT] = default
        for twin in twins:
            if twin is not None:
                named[f"{SHIPPED} by {twin.runtime}"] = twin.at(tokens)
        beside = order[max(place - 1, 0) : place] + order[place + 1 : place + 2]
        named |= {f"{NEXT} {m}": file.configs[m] for m in beside}
        found[cell] = {name: carried_over(one, file.device) for name, one in named.items()}
    return found


def measured_now(
    file: ConfigFile, known: Known, histories: Mapping[str, Path], bench: Bench
) -> tuple[list[Decided], list[Finding]]:
    """Measure and decide: a word for each row, and the findings.

    InputError where the file is for another GPU, or its layer is not known; PausedError.
    """
    shape = _shape(file, known, bench)
    plan = plan_of(rivals(file, shape, bench, histories))
    ledger = bench.folder / bench.device / f"{file.path.stem}-{bench.scope}.jsonl"
    run_time = () if bench.scope == "op" else Conditions().run_time
    conditions = Conditions(scope=bench.scope, run_time=run_time)
    limits = Limits(Budget(NO_LIMIT), bench.until, bench.allow_busy)
    LOG.info("%s: %d trials of %d rows under %s", file.path.name, len(plan),
             plan["cell_id"].nunique(), bench.scope)  # fmt: skip
    status = sweep(
        plan, ledger, [bench.gpu], conditions, limits, make=bench.make, subject=bench.subject
    )
    if status == PAUSED:
        raise PausedError
    rows = decided(plan, read_chain(ledger), bench.subject.kernel_hash, MARGIN)
    return rows, list(findings(rows, bench.scope))


def _shape(file: ConfigFile, known: Known, bench: Bench) -> Shape:
    if file.device is None or file.name is None or not file.configs:
        raise InputError(f"{file.path}: no rows for a known GPU; nothing to measure")
    if file.device.name != bench.device:
        raise InputError(
            f"{file.path}: is for {file.device.name}, but this machine has {bench.device};"
            " leave --measure out, or check it there"
        )
    shape, sure = layer_of(file, known)
    if not sure:
        raise InputError(
            f"{file.path}: no model with this layer is known, so its hidden size and top_k are"
            " not; leave --measure out, or add the model to data/models.yaml"
        )
    return shape


def findings(rows: list[Decided], scope: str) -> Iterator[Finding]:
    """What was shown, row by row, and how many rows stay."""
    for row in rows:
        if row.word in (Word.DROP, Word.RETUNE):
            words = f"{row.word.value} M = {row.tokens}: {row.words}, as timed now ({scope})"
            yield Finding(Level.BEHIND, TRIED, words, (row.tokens,))
        elif row.word is Word.OPEN:
            words = f"M = {row.tokens}: {row.words}"
            yield Finding(Level.NOTE, TRIED, words, (row.tokens,))
    kept = tuple(row.tokens for row in rows if row.word is Word.KEEP)
    if kept:
        words = f"keep {len(kept)} of {len(rows)} rows: nothing was shown faster ({scope})"
        yield Finding(Level.NOTE, TRIED, words, kept)
