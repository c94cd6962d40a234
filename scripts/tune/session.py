"""The ledger, the GPUs and the compilers of one run."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from scripts.lib.budget import Budget
from scripts.lib.chain import Chain
from scripts.lib.exclusive import exclusive
from scripts.lib.files import InputError
from scripts.lib.isolate import Child, Failure, Handler
from scripts.lib.shape import Cell, Shape
from scripts.measure.conditions import Conditions
from scripts.measure.controller.cell_run import Site
from scripts.measure.controller.done import read_done
from scripts.measure.controller.records import NO_LIMIT, key_of, now, run_line
from scripts.measure.controller.spending import Spending
from scripts.measure.controller.subject import TWINS
from scripts.measure.device.state import Gpu
from scripts.measure.protocol import Protocol
from scripts.tune.ahead import Ahead, CompiledAhead, NothingToCompile
from scripts.tune.begun import Begun
from scripts.tune.jobs import JobNames
from scripts.tune.syncing import Syncing
from scripts.tune.told import trials_in
from scripts.tune.worker import make_layer_worker

LOG = logging.getLogger("tune")
Body = dict[str, Any]
Make = Callable[[Protocol, Conditions, int], Handler]


@dataclass(frozen=True)
class Terms:
    """How a run measures. ``until``: monotonic seconds at which it pauses. ``margin``: relative.

    ``make``, ``method``: entry of the GPU's process and how it is started. ``command``: what the
    user typed, for the ledger. ``marks``: by GPU, what is known of the whole run. ``twins``: as of
    ``Site``. ``begun``: the GPU's process, if it was started before.
    """

    conditions: Conditions
    command: str
    margin: float
    until: float
    marks: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    protocol: Protocol = Protocol()  # noqa: RUF009 - frozen
    processes: int = os.cpu_count() or 1
    make: Make = make_layer_worker
    method: str = "forkserver"
    twins: tuple[int, int] = TWINS
    begun: Begun | None = None


class Session:
    """One run, to be entered by ``with``; what it measured before it was killed is told again."""

    def __init__(self, ledger: Path, gpus: Sequence[Gpu], terms: Terms) -> None:
        self.ledger, self.gpus, self.terms = ledger, gpus, terms
        self.stopped = threading.Event()
        self._leave = ExitStack()
        self._once = threading.Lock()
        self._ahead: Ahead | None = None
        self._target: tuple[Any, ...] | None = None
        self._names: JobNames | None = None
        self.seconds_waited = 0.0  # for compilers
        self._warming = 1
        self._begun = terms.begun

    def __enter__(self) -> Session:
        with ExitStack() as undo:
            undo.enter_context(exclusive(self.ledger))
            self.chain = Chain(self.ledger)
            undo.callback(self.chain.close)
            self.syncing = Syncing(self.chain)
            undo.callback(self.syncing.stop)
            key = key_of(self.terms.protocol, self.terms.conditions)
            self.done = read_done(self.chain.bodies, self.chain.hashes, key)
            self.told = trials_in(self.chain)
            self._known_finals = {
                body["cell_id"]: body for body in self.chain.bodies if body["kind"] == "finals"
            }
            self.sites = [self._site(number, gpu, key) for number, gpu in enumerate(self.gpus)]
            for site in self.sites:
                undo.callback(site.worker.stop)
            undo.callback(self._end)
            self._leave = undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave.close()

    def _site(self, number: int, gpu: Gpu, key: Body) -> Site:
        """A GPU with its run's line and its process."""
        terms, identity = self.terms, gpu.identity()
        run_id = f"{identity['device']}-{now()}-{self.done.runs + number:03d}"
        described = identity | {"state": asdict(gpu.state())}
        line = run_line(run_id, terms.protocol, terms.conditions, Budget(NO_LIMIT), described)
        self.chain.append(line | {"command": terms.command, "racing": True})
        return Site(
            run_id=run_id,
            spec=key["spec_hash"],
            uuid=identity["uuid"],
            protocol=terms.protocol,
            worker=self._worker(gpu),
            gpu=gpu,
            chain=self.chain,
            done=self.done,
            spending=Spending(Budget(NO_LIMIT)),
            compiler_said=self._compiler_said,
            paused=lambda: self.stopped.is_set() or time.monotonic() > terms.until,
            marks=terms.marks.get(gpu.index, ()),
            twins=terms.twins,
        )

    def _worker(self, gpu: Gpu) -> Child:
        terms = self.terms
        if terms.begun is not None:
            return terms.begun.worker()
        return Child(terms.make, terms.protocol, terms.conditions, gpu.index, method=terms.method)

    def _end(self) -> None:
        """The last lines of the run."""
        if self._ahead is not None:
            self._record_compiled(self._ahead.stop())
        if self._names is not None:
            self._names.stop()
        self.chain.extend(
            [{"kind": "end", "run_id": site.run_id, "ended": now()} for site in self.sites]
        )

    def _record_compiled(self, results: Sequence[Body]) -> None:
        if results:
            failed = sum(result["reason"] is not None for result in results)
            seconds = round(sum(result["seconds"] for result in results), 3)
            self.chain.append(
                {"kind": "compiled", "run_id": self.sites[0].run_id, "binaries": len(results),
                 "failed": failed, "seconds": seconds}
            )  # fmt: skip

    def _compiler_said(self, config_id: str, shape: Shape) -> str | None:
        began = time.perf_counter()
        try:
            return self.ahead(config_id, shape)
        finally:
            self.seconds_waited += time.perf_counter() - began

    @property
    def ahead(self) -> Ahead:
        """The compilers; RuntimeError before it is known what to compile for."""
        if self._ahead is None:
            raise RuntimeError("no worker has said yet what to compile for")
        return self._ahead

    def compile_soon(self, arch: str) -> None:
        """Start the compilers before any worker has said what it is; the interpreter needs none."""
        conditions = self.terms.conditions
        self.compile_for(self.names.target(arch) if conditions.backend == "gpu" else None)

    @property
    def names(self) -> JobNames:
        """What binaries configs are, as a process says that is started when it is first asked."""
        if self._names is None:
            self._names = JobNames(self.terms.conditions.run_time, self.terms.method)
        return self._names

    @property
    def compiling(self) -> Ahead | None:
        """The compilers, if they were started."""
        return self._ahead

    def compile_for(self, target: tuple[Any, ...] | None) -> None:
        """Start the compilers, unless they are there for that ``target``.

        It may be given before a worker has said it; what the worker says holds.
        """
        with self._once:
            if self._ahead is not None and self._target != target:
                self._record_compiled(self._ahead.stop())
                self._ahead = None
            if self._ahead is None:
                self._ahead = NothingToCompile() if target is None else self._compilers(target)
                self._target = target

    def _compilers(self, target: tuple[Any, ...]) -> Ahead:
        terms, run_id = self.terms, self.sites[0].run_id

        def record(result: Body) -> None:
            self.chain.append({"kind": "compile", "run_id": run_id, **result}, sync=False)

        return CompiledAhead(
            target,
            self.names,
            record,
            processes=terms.processes,
            deadline_s=terms.protocol.compile_deadline_s,
            method=terms.method,
        )

    def warm(self, site: Site, cells: Sequence[Cell]) -> None:
        """Let a GPU's process make the operands of cells meanwhile; ``warmed`` waits for it."""
        names = [cell.id for cell in cells if not self.done.cell(cell.id).whole]
        self._warming = len(names) + 1  # deadlines: the process itself has to start too
        begun, self._begun = self._begun, None
        if begun is not None and begun.names == names:
            return
        if begun is not None:  # its answer, before another one is asked for
            site.worker.receive((len(begun.names) + 1) * self.terms.protocol.open_deadline_s)
        site.worker.send(("warm", names))

    def warmed(self, site: Site) -> None:
        """Wait for that; a cell that could not be made says so when it is opened.

        InputError if the process could not start, or died of it.
        """
        answer = site.worker.receive(self._warming * self.terms.protocol.open_deadline_s)
        if isinstance(answer, Failure):
            raise InputError(f"GPU {site.gpu.index}: its worker said: {answer.message}")
        self.compile_for(answer["target"])

    def known_finals(self, cell_id: str) -> Body | None:
        """What an earlier run's finals of a cell hold."""
        return self._known_finals.get(cell_id)
