"""Put tuners to the test on the GPU itself: a grid of cells, in fresh processes, again and again.

All processes are started at once and made ready side by side (imports, the GPU's context, binaries
from the compiler's shared cache); then each in its turn has the GPU to itself, so that nothing that
is timed shares it. Every answer is on disk before the next question, in a hash-chained ledger;
killed or paused, the same command goes on. A tuner that fails or returns no number is an outcome,
and so is a process that crashes or hangs.

Exit status: 0 everything was asked; 2 bad input; 3 paused by --seconds, run the same command again.
"""

from __future__ import annotations

import json
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scripts.audit.live.agenda import STEADY, Process, Task, agenda, by_flashinfer
from scripts.audit.live.plan import Plan, read_plan
from scripts.audit.live.sitting import make_sitting
from scripts.audit.options import parser
from scripts.lib.budget import Budget
from scripts.lib.chain import Chain
from scripts.lib.exclusive import exclusive
from scripts.lib.files import InputError, sha256
from scripts.lib.isolate import Child, Failure
from scripts.lib.log import run_main
from scripts.measure.conditions import BACKENDS, Conditions
from scripts.measure.controller.idle import check_idle
from scripts.measure.controller.records import NO_LIMIT, now, run_line
from scripts.measure.device.choose import open_gpu
from scripts.measure.protocol import Protocol

LOG = logging.getLogger("audit.live")
MODULE = "scripts.audit.live.study"
READY_S, TASK_S = 240.0, 90.0  # deadlines
FLASHINFER_PACKAGES = ("flashinfer-python", "nvidia-cutlass-dsl", "apache-tvm-ffi")
EVERY_S = 10.0  # between two lines of progress
EXAMPLE = """
  python -m scripts.audit.live.prepare --device NVIDIA_H200 --layer E128-N768-K2048-top8-bf16 \\
    --out build/audit/plan.json
  python -m scripts.audit.live.study --plan build/audit/plan.json \\
    --ledger build/audit/ledger.jsonl --seconds 600
"""


@dataclass(frozen=True)
class Machine:
    """Where processes are started. ``make``: their entry, as ``make_sitting``."""

    plan: Plan
    seed: int
    backend: str
    gpu: int
    make: Callable[..., Any] = make_sitting

    def start(self) -> Child:
        """A fresh process; it makes itself ready while others are asked."""
        return Child(self.make, self.plan, self.seed, self.backend, self.gpu)


class Asked:
    """The ledger: what was asked before, and every answer from now on."""

    def __init__(self, chain: Chain, run_id: str) -> None:
        self._chain, self._run_id = chain, run_id
        self.done = {
            (body["process"], body["key"]) for body in chain.bodies if body["kind"] == "task"
        }

    def keep(self, process: str, key: str, task: Task, seconds: float, result: Any) -> None:
        """Write an answer, or how its process ended."""
        body: dict[str, Any] = {
            "kind": "task", "run_id": self._run_id, "process": process, "key": key,
            "task": task[0], "ended": now(), "seconds": round(seconds, 3),
        }  # fmt: skip
        if isinstance(result, Failure):
            body |= {"outcome": result.kind, "reason": result.message[:400], "answer": None}
        else:
            body |= {"outcome": "answered", "reason": None, "answer": result}
        self._chain.append(body, sync=False)
        self.done.add((process, key))

    def note(self, process: str, state: Any) -> None:
        """The GPU's state after a process."""
        self._chain.append(
            {"kind": "state", "run_id": self._run_id, "process": process, "at": now(),
             **asdict(state)}, sync=False,
        )  # fmt: skip


def ask(process: Process, child: Child, tasks: dict[str, Task], asked: Asked, until: float) -> bool:
    """Ask a process what is left of it; False if the time ran out. A child that ended is replaced,
    so that what is left is asked of a fresh one."""  # noqa: D205,D209
    ready = child.receive(max(0.0, min(READY_S, until - time.monotonic())))
    told = time.monotonic()
    for number, (key, task) in enumerate(tasks.items(), start=1):
        began = time.monotonic()
        left = until - began
        if left <= 0:
            return False
        answer = ready if isinstance(ready, Failure) else child.call(task, min(TASK_S, left))
        if isinstance(answer, Failure) and time.monotonic() >= until:
            return False  # it was not given its time: no outcome
        asked.keep(process.name, key, task, time.monotonic() - began, answer)
        if isinstance(answer, Failure):
            LOG.info("%s %s: %s: %s", process.name, key, answer.kind, answer.message)
        if isinstance(ready, Failure) or (
            isinstance(answer, Failure) and answer.kind != "error" and number < len(tasks)
        ):
            child.start()
            child.send(("ready",))
            ready = child.receive(max(0.0, min(READY_S, until - time.monotonic())))
        if time.monotonic() - told > EVERY_S:
            told = time.monotonic()
            LOG.info("%s: %d of %d", process.name, number, len(tasks))
    return True


@contextmanager
def started(machine: Machine, count: int) -> Iterator[list[Child]]:
    """So many processes, ended with the block."""
    children = [machine.start() for _ in range(count)]
    try:
        yield children
    finally:
        for child in children:
            child.stop()


def study(
    wanted: Sequence[Process],
    machine: Machine,
    asked: Asked,
    until: float,
    prepare: Callable[[], None],
    look: Callable[[], Any] | None,
    ahead: int,
) -> bool:
    """Ask every process what is left of it, ``ahead`` of them made ready at a time; False: paused.

    ``prepare``: called once while the first processes import. ``look``: reads the GPU's state.
    """
    left = [(one, _left(one, asked.done)) for one in wanted]
    left = [(one, tasks) for one, tasks in left if tasks]
    for start in range(0, len(left), ahead):
        part = left[start : start + ahead]
        with started(machine, len(part)) as children:
            if start == 0:
                prepare()
            for child in children:
                child.send(("ready",))
            # The GPU is nobody's before all are ready.
            while not all(child.connection.poll(0.05) for child in children):
                if time.monotonic() >= until:
                    return False
            for (one, tasks), child in zip(part, children, strict=True):
                began = time.monotonic()
                if not ask(one, child, tasks, asked, until):
                    return False
                child.stop()
                if look is not None:
                    asked.note(one.name, look())
                LOG.info("%s: %.1f s", one.name, time.monotonic() - began)
    return True


def _left(process: Process, done: Collection[tuple[str, str]]) -> dict[str, Task]:
    return {key: task for key, task in process.tasks.items() if (process.name, key) not in done}


def narrowed(wanted: Sequence[Process], only: Sequence[str], keys: Sequence[str]) -> list[Process]:
    """Those whose name begins with one of ``only``, and of them tasks that hold one of ``keys``;
    InputError if nothing is left."""  # noqa: D205,D209
    found = []
    for one in wanted:
        if only and not any(one.name.startswith(name) for name in only):
            continue
        tasks = {key: task for key, task in one.tasks.items()
                 if not keys or any(word in f"{key}/" for word in keys)}  # fmt: skip
        if tasks:
            found.append(Process(one.name, tasks))
    if not found:
        names = ", ".join(sorted({one.name.rstrip("-0123456789") for one in wanted}))
        raise InputError(f"--only, --keys: nothing is left to ask; processes are {names}")
    return found


def compile_ahead(plan: Plan, chain: Chain, run_id: str, backend: str) -> None:
    """All binaries of the plan into the compiler's cache."""
    if backend != "gpu":
        return
    import pandas as pd  # noqa: PLC0415 - a GPU stack follows

    from scripts.lib.shape import Cell  # noqa: PLC0415
    from scripts.measure.compile_run import compile_plan  # noqa: PLC0415

    cell = Cell(plan.device, plan.shape, 1).id
    rows = pd.DataFrame({"cell_id": cell, "config_id": [one.id for one in plan.configs]})
    compile_plan(rows, chain, run_id, Protocol(), Conditions().run_time)


def _first_line(args: Any, gpu: Any, run_id: str) -> dict[str, Any]:
    conditions = Conditions(backend=args.backend, scope="layer")
    identity = gpu.identity() | {"state": asdict(gpu.state())}
    line = run_line(
        run_id, Protocol(), conditions, Budget(NO_LIMIT, math.inf), identity, module=MODULE
    )
    if args.tuners == "flashinfer":
        line["packages"] |= {name: version(name) for name in FLASHINFER_PACKAGES}
    plan = json.loads(args.plan.read_text(encoding="utf-8"))
    return line | {"plan_sha256": sha256(args.plan), "seed": args.seed, "plan": plan}


def _options() -> Any:
    options = parser(__doc__, EXAMPLE)
    add = options.add_argument
    add("--plan", type=Path, required=True, help="see scripts.audit.live.prepare")
    add("--ledger", type=Path, required=True, help="ledger to append to")
    add("--repeats", type=int, default=3, help="processes that tune the whole grid (default: 3)")
    add("--restarts", type=int, default=20, help="processes that count flips (default: 20)")
    add(
        "--steady", nargs="+", choices=STEADY, default=STEADY, help="tuners whose flips are counted"
    )
    add("--ahead", type=int, default=24, help="processes made ready side by side (default: 24)")
    add(
        "--tuners", choices=("own", "flashinfer"), default="own",
        help="flashinfer: in an environment that holds it (default: all others)",
    )  # fmt: skip
    add("--only", nargs="+", default=[], help="only processes whose names begin so")
    add("--keys", nargs="+", default=[], help="only tasks whose key holds one of these, as M16/")
    add("--seconds", type=float, default=math.inf, help="pause after this")
    add("--backend", choices=BACKENDS, default="gpu", help="interpreter: try it on a CPU")
    add("--gpu", type=int, default=0, help="number of the GPU (default: 0)")
    add("--allow-busy", action="store_true", help="go on where the GPU is in use")
    add("--seed", type=int, default=1, help="of weights, routing and orders")
    return options


def asked_of(args: Any, plan: Plan) -> Iterator[Process]:
    """All processes, those of FlashInfer or all others."""
    if args.tuners == "flashinfer":
        return by_flashinfer(plan, args.restarts)
    return agenda(plan, args.repeats, args.restarts, args.steady)


def maker(tuners: str) -> Callable[..., Any]:
    """What makes the handler in a fresh process."""
    if tuners == "own":
        return make_sitting
    from scripts.audit.live.flashinfer.start import make_cute_sitting  # noqa: PLC0415

    return make_cute_sitting


def main(argv: list[str] | None = None) -> int:
    """Parse, read, ask; see the module for the exit status."""
    args = _options().parse_args(argv)
    until, finished = time.monotonic() + args.seconds, True

    def body() -> None:
        nonlocal finished
        plan = read_plan(args.plan)
        wanted = narrowed(list(asked_of(args, plan)), args.only, args.keys)
        gpu = open_gpu(args.gpu, args.backend)
        busy = check_idle(gpu, args.allow_busy)
        run_id = f"{now()}-{os.getpid()}"
        machine = Machine(plan, args.seed, args.backend, args.gpu, maker(args.tuners))
        with exclusive(args.ledger):
            chain = Chain(args.ledger)
            try:
                chain.append(_first_line(args, gpu, run_id) | {"busy": busy})
                asked = Asked(chain, run_id)

                def prepare() -> None:
                    if args.tuners == "own":
                        compile_ahead(plan, chain, run_id, args.backend)

                finished = study(wanted, machine, asked, until, prepare, gpu.state, args.ahead)
                chain.sync()
            finally:
                chain.close()
        LOG.info("%s: %d answers", args.ledger, len(asked.done))

    return run_main(body, lambda: 0 if finished else 3)


if __name__ == "__main__":
    sys.exit(main())
