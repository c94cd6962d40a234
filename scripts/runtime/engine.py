"""Time vLLM's engine under the config files of a plan, and hold its outputs against each other.

All engines boot side by side, then take turns on the GPU. Within a boot the configs change and all
else stays (scripts.engine.inside); every pass turns their order round, and boots are the clusters
of what is said of them. Of each batch size: wall time of decode steps, kernel time by class, and
what each MoE call looked up. Then, with random weights of full size and the model's own gate, the
last layer's logits and greedy tokens under each config; then requests served as they arrive.

What fails is an outcome with a reason, and the others go on. Killed or paused, the same command
goes on: a boot that is not there any more is booted again, a result that is there is kept.

vLLM is needed on this machine alone, and only here: pip install vllm==0.24.0.

Exit status: 0 all is done, some of it perhaps as a failure; 2 bad input, or no vLLM; 3 paused by
--seconds, run the same command again.
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from scripts.engine.journal import Journal
from scripts.engine.outcome import Answer, Outcome
from scripts.engine.spec import EngineSpec, spec_of
from scripts.engine.supervisor import Deadlines, Engine
from scripts.engine.turn import nobody_is_timed, turn
from scripts.engine.watchdog import Watchdog
from scripts.lib import command_line
from scripts.lib.log import run_main
from scripts.runtime.draws import draws_of, write_draws
from scripts.runtime.engine_about import PAUSED, add_run, begun, read_plan
from scripts.runtime.engine_faults import fault_tasks, provoke
from scripts.runtime.engine_tasks import (
    Task,
    decode_tasks,
    parity_tasks,
    routing_of,
    serve_tasks,
)
from scripts.runtime.outputs import Compared

LOG = logging.getLogger("runtime.engine")
MODULE = "scripts.runtime.engine"
EXAMPLE = """example:
  python -m scripts.runtime.engine --plan build/engine/plan.json --journal build/engine/run.jsonl \\
    --seconds 280
"""
# Six boots side by side took 63 to 84 s on a shared machine; all wait for the slowest.
DEADLINES = Deadlines(boot=170.0, other=90.0)


def make_parser() -> argparse.ArgumentParser:
    """The command line, also for those who check a recorded command."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add_run(parser)
    add = parser.add_argument
    add("--scratch", type=Path, help="folder for boots (default: beside the journal)")
    add("--boots", nargs="+", metavar="NAME", help="only boots whose name contains one of these")
    add("--faults", action="store_true", help="also the boots that have to fail")
    return parser


class Booted:
    """One boot of the plan with what is known of it."""

    def __init__(self, entry: Mapping[str, Any], model: Mapping[str, Any], engine: Engine) -> None:
        self.boot, self.model, self.engine = int(entry["boot"]), model, engine
        self.name, self.fault = engine.spec.name, entry.get("fault")
        self.act = entry.get("act")  # what is done to it once it is booted
        self.changes = 0  # of its configs
        self.state: dict[str, Any] = {}  # what was last set inside: configs, routing, weights


class Study:
    """A plan at work. ``until``: monotonic time after which nothing is begun."""

    def __init__(
        self,
        plan: Mapping[str, Any],
        folder: Path,
        journal: Journal,
        scratch: Path,
        until: float = math.inf,
        only: Sequence[str] | None = None,
        faults: bool = False,
        lock: Path | None = None,
        make: Callable[..., Engine] = Engine,
    ) -> None:
        self._plan, self._folder, self._journal, self._until = plan, folder, journal, until
        self._lock, self._scratch = lock or scratch / "turn", scratch
        models = {one["name"]: one for one in plan["models"]}
        self._watchdog = Watchdog(journal.memory)
        self._boots = [
            Booted(entry, models[entry["model"]], make(
                self._spec(entry["spec"]), scratch / entry["spec"]["name"],
                deadlines=DEADLINES, watchdog=self._watchdog))
            for entry in plan["boots"]
            if faults or "fault" not in entry
            if not only or any(text in entry["spec"]["name"] for text in only)
        ]  # fmt: skip
        self._compared = Compared(scratch)
        if "draws" in plan:
            for name in {boot.model["name"] for boot in self._boots}:
                write_draws(self._draws_at(name), draws_of(plan["draws"], models[name]))

    def _draws_at(self, model: str) -> Path:
        return (self._scratch / "draws" / f"{model}.npy").absolute()

    def run(self) -> bool:
        """Do what is left; whether nothing is."""
        left = [
            boot for boot in self._boots if any(not self._is_done(t) for t in self._tasks(boot))
        ]
        with self._watchdog:
            try:
                if left:
                    with nobody_is_timed(self._lock):
                        self._boot_all(left)
                return all(self._do(boot, tasks) for boot, tasks in self._turns(left))
            finally:
                for boot in self._boots:
                    boot.engine.stop()

    def _spec(self, entry: Mapping[str, Any]) -> EngineSpec:
        at = entry.get("config_folder")
        folder = at and str((self._folder / at).absolute())
        return spec_of({**entry, "config_folder": folder}, entry["name"])

    def _tasks(self, boot: Booted) -> list[Task]:
        plan, name = self._plan, boot.name
        if boot.fault is not None:
            return fault_tasks(plan, name, boot.act)
        found = [
            t
            for p in range(plan["passes"])
            for t in decode_tasks(plan, boot.model, name, boot.boot, p)
        ]
        if boot.boot == 0:
            found += parity_tasks(plan, boot.model, name)
            found += serve_tasks(plan, boot.model, name)
        return found

    def _turns(self, boots: list[Booted]) -> Iterator[tuple[Booted, list[Task]]]:
        """First every boot once, then outputs, then serving, then the passes that are left, and at
        the end what is made to fail."""  # noqa: D205,D209
        more = [f"decode-{number}" for number in range(1, self._plan["passes"])]
        for kind in ("decode-0", "parity", "serve", *more, "fault"):
            for boot in boots:
                mine = [task for task in self._tasks(boot) if task.phase == kind]
                if mine:
                    yield boot, mine

    def _is_done(self, task: Task) -> bool:
        return self._journal.done(task.key) is not None

    def _boot_all(self, boots: list[Booted]) -> None:
        def one(boot: Booted) -> None:
            answer = boot.engine.boot()
            key = f"{boot.name}/boot/{self._journal.starts}"
            self._journal.record(key, answer, task="boot", boot=boot.name, model=boot.model["name"])
            LOG.info("%s: %s %s", boot.name, answer.outcome, answer.reason or f"{answer.seconds} s")
            if answer.ok and boot.fault is None:
                self._warm(boot)

        with ThreadPoolExecutor(len(boots)) as pool:
            list(pool.map(one, boots))

    def _warm(self, boot: Booted) -> None:
        """Have every binary compiled, out of turn: nothing is timed before all are warm."""
        self._set(boot, "routing", routing_of(self._plan))
        for name in boot.model["configs"]:
            self._set(boot, "configs", name)
            for batch in self._plan["batches"]:
                boot.engine.ask(
                    "decode", batch=batch, input=self._plan["input"], steps=1, warmups=0
                )
        LOG.info("%s: warm", boot.name)

    def _set(self, boot: Booted, what: str, value: Any) -> Answer:
        """Change something inside a boot; nothing is asked if it is so already."""
        if boot.state.get(what) == value:
            return Answer(Outcome.OK)
        said: dict[str, Any] = {"kind": value}
        if what == "configs":
            at = boot.model["configs"][value]
            said = {"folder": at and str((self._folder / at).absolute())}
        elif what == "randomise":
            said = {"seed": value}
        elif value == "drawn":
            said["file"] = str(self._draws_at(boot.model["name"]))
        check = None if what != "configs" else lambda found: why_not_read(found, said["folder"])
        answer = boot.engine.ask(what, check, **said)
        boot.state[what] = value if answer.ok else None
        if answer.outcome is Outcome.WRONG_OUTPUT:
            answer = replace(answer, outcome=Outcome.FILE_NOT_READ)
        if what == "configs":
            boot.changes += 1
            key = f"{boot.name}/configs/{self._journal.starts}-{boot.changes}/{value}"
            named = {"task": "configs", "boot": boot.name, "config": value}
            self._journal.record(key, answer, **named, model=boot.model["name"])
        return answer

    def _do(self, boot: Booted, tasks: list[Task]) -> bool:
        """A boot's tasks of one phase in one turn; whether time was left for all."""
        with turn(self._lock):
            for task in tasks:
                if self._is_done(task):
                    continue
                if time.monotonic() > self._until:
                    return False
                answer = self._answer(boot, task)
                self._journal.record(task.key, answer, **task.about, model=boot.model["name"])
                if not answer.ok:
                    LOG.info("%s: %s %s", task.key, answer.outcome, answer.reason)
            done = time.monotonic() <= self._until
        LOG.info("%s: %s", boot.name, tasks[0].phase)
        return done

    def _answer(self, boot: Booted, task: Task) -> Answer:
        for what, value in task.needs.items():
            answer = self._set(boot, what, value)
            if not answer.ok:
                return answer
        if task.ask == "outputs":
            return self._compared.answer(boot.engine, task)
        if task.phase == "fault":
            return provoke(boot.engine, task)
        return boot.engine.ask(task.ask, **task.question)


def why_not_read(found: Mapping[str, Any], folder: str | None) -> str | None:
    """Why a lookup did not take a folder's file; None if it did, or no folder was asked for."""
    read = [path for path in found["read"] if folder and path.startswith(f"{folder}/")]
    if folder is None or read:
        return None
    return f"nothing of {folder} was read, but {', '.join(found['read']) or 'no file'}"


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    args = make_parser().parse_args(argv)
    until, status = time.monotonic() + args.seconds, 0

    def body() -> None:
        nonlocal status
        plan = read_plan(args.plan)
        scratch = args.scratch or args.journal.with_suffix("")
        with begun(args.journal, plan, MODULE) as journal:
            study = Study(
                plan, args.plan.parent, journal, scratch, until, args.boots, args.faults, args.turn
            )
            status = 0 if study.run() else PAUSED

    return run_main(body, lambda: status)


if __name__ == "__main__":
    sys.exit(main())
