"""Run a suite of engine configurations and keep what came of it as a set of evidence.

All engines boot side by side, the small model's answer questions, and the others are warmed up;
then one at a time works, in rounds of a fresh random order and its reverse: kernels by the
profiler, and the time of a token. A leg that fails is an outcome with a reason, and the others go
on. The folder of a set is its own: a run in a folder that holds another suite, or one begun on
another GPU, is refused, and a run that was cut off goes on, leg by leg, with what is left. Raw
traces are written with --traces only, and never recorded.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.engine.outcome import Answer, Outcome
from scripts.engine.supervisor import Deadlines, Engine
from scripts.engine.turn import nobody_is_timed
from scripts.evidence import machine
from scripts.evidence.collect import LEGS, PREMISES, SUITE, collect
from scripts.evidence.leg import ANSWERING, CHUNK, TRACES, WARM, RunningLeg
from scripts.evidence.machine import rows_of
from scripts.evidence.model.checkpoint import RECORDED, written
from scripts.evidence.model.form import Form
from scripts.evidence.model.questions import Question, drawn, encode
from scripts.evidence.plan import read_plan
from scripts.evidence.suite import Suite, suite_of
from scripts.lib.command_line import parser
from scripts.lib.files import InputError, read_json, sha256, write_json
from scripts.lib.log import run_main
from scripts.runtime.installed import installed

LOG = logging.getLogger("evidence.run")
EXAMPLE = """
  python -m scripts.evidence.run --suite data/suites/moe_configs.yaml --out build/evidence/monday
  python -m scripts.evidence.compare --first build/evidence/monday --second build/evidence/friday

  a machine without a YAML parser takes what another one has planned:
  python -m scripts.evidence.plan --suite data/suites/moe_configs.yaml --out build/suite.json
"""
MODEL = Path("data/recorded/models/arithmetic")
ANSWER_TOKENS = 48  # the longest worked answer has 36
Boot = tuple[RunningLeg, str]
Working = dict[RunningLeg, dict[str, Engine]]


class Run:
    """One start of a suite. ``more``: further arguments of every engine's supervisor."""

    def __init__(self, suite: Suite, given: argparse.Namespace, more: Mapping[str, Any]) -> None:
        self.suite, self._given = suite, given
        self._until: float = time.monotonic() + given.seconds
        boot_s = min(given.boot_seconds, given.seconds)
        self.lock: Path = given.lock or given.out / "gpu.lock"
        waits = Deadlines(boot=boot_s, other=given.answer_seconds)
        self._more = {"deadlines": waits, "lock": self.lock, **more}
        self._questions = drawn(suite.question_seed, suite.questions)
        self._model = threading.Lock()

    @property
    def over(self) -> bool:
        """Whether time is up."""
        return time.monotonic() >= self._until

    def boot(self, running: Sequence[RunningLeg], working: Working) -> None:
        """Boot all engines side by side; how each ended is noted.

        Those that answer do so at once, beside each other, since nobody times them; those to be
        timed are warmed up and go into ``working``.
        """
        every = [(leg, name) for leg in running for name in leg.wanted()]
        with ThreadPoolExecutor(max(1, len(every))) as pool:
            for leg, name, engine, answer in pool.map(lambda one: self._booted(*one), every):
                if engine is not None and engine.alive:
                    working[leg][name] = engine
                LOG.info("%s, boot %s: %s, %.0f s %s", leg.leg.name, name, answer.outcome,
                         answer.seconds, answer.reason)  # fmt: skip

    def _booted(self, leg: RunningLeg, name: str) -> tuple[RunningLeg, str, Engine | None, Answer]:
        engine, about = None, {}
        try:
            weights = None
            if name == ANSWERING:
                weights, about["weights"] = self._small_model(Form(leg.leg.packed, leg.leg.wide))
            engine = leg.engine(name, weights, **self._more)
            answer = engine.boot()
        except InputError as error:
            answer = Answer(Outcome.BOOT_FAILED, str(error))
        leg.journal.record(f"boot/{name}/{leg.journal.starts - 1}", answer, **about)
        if engine is not None and answer.ok:
            self._answers(leg, engine) if name == ANSWERING else self._warm(leg, name, engine)
        return leg, name, engine, answer

    def _small_model(self, form: Form) -> tuple[Path, str]:
        """The small model laid out for the engine, and its hash; waits for it as was asked."""
        recorded = self._given.model / RECORDED
        until = time.monotonic() + self._given.model_within
        while not recorded.is_file() and time.monotonic() < until:
            time.sleep(0.5)
        if not recorded.is_file():
            raise InputError(f"{recorded}: not found; `make restore`, or train one and name it")
        with self._model:
            folder = written(self._given.model, self._given.out / "models" / form.name, form)
        return folder, sha256(recorded)[:16]

    def _warm(self, leg: RunningLeg, name: str, engine: Engine) -> None:
        """What is asked for the first time compiles, and is timed by nobody; failures are noted."""
        for do, question in (("profile", self.suite.profile), ("latency", self.suite.latency)):
            if engine.alive and not self.over:
                answer = engine.ask(do, alone=False, **dict(question))  # type: ignore[arg-type]
                if not answer.ok:
                    self._note(leg, name, f"{WARM}/{name}/{do}", answer)

    def _answers(self, leg: RunningLeg, engine: Engine) -> None:
        for task in leg.left(leg.asked()):
            if engine.alive and not self.over:
                first = int(task.partition("/")[2])
                answer = answered(engine, self._questions[first : first + CHUNK])
                self._note(leg, ANSWERING, task, answer)
        engine.stop()

    def rounds(self, working: Working) -> None:
        """Every boot's tasks, round by round: a fresh order, then the same backwards."""
        for number in range(self.suite.repeats):
            every = [(leg, name) for leg, engines in working.items() for name in engines]
            for leg, name in in_turn(every, self.suite.name, number):
                for task in leg.left([f"profile/{name}/{number}", f"latency/{name}/{number}"]):
                    self._time(leg, name, working[leg][name], task)
            LOG.info("round %d of %d", number + 1, self.suite.repeats)

    def _time(self, leg: RunningLeg, name: str, engine: Engine, task: str) -> None:
        if self.over or not engine.alive:
            return
        kind, _, rest = task.partition("/")
        question: dict[str, Any] = dict(self.suite.latency)
        if kind == "profile":
            question = {**self.suite.profile, **self._trace(leg, rest)}
        self._note(leg, name, task, engine.ask(kind, **question))

    @staticmethod
    def _note(leg: RunningLeg, name: str, task: str, answer: Answer) -> None:
        leg.journal.record(task, answer, boot=f"{name}.{leg.journal.starts - 1}")
        if not answer.ok:
            LOG.info("%s, %s: %s %s", leg.leg.name, task, answer.outcome, answer.reason)

    def _trace(self, leg: RunningLeg, task: str) -> dict[str, str]:
        if not self._given.traces:
            return {}
        folder = leg.folder / TRACES
        folder.mkdir(exist_ok=True)
        return {"trace": str((folder / f"{task.replace('/', '-')}.json").resolve())}


def in_turn(every: Sequence[Boot], suite: str, number: int) -> list[Boot]:
    """The order of a round: of an even one drawn anew, of the next one the same backwards."""
    order = list(every)
    random.Random(f"{suite} {number // 2}").shuffle(order)
    return order[::-1] if number % 2 else order


def answered(engine: Engine, some: list[Question]) -> Answer:
    """Token ids of the answers to some questions, each up to and with its END."""
    prompts = [encode(one.prompt) for one in some]
    question = {"prompts": prompts, "tokens": ANSWER_TOKENS, "ignore_eos": False}
    found = engine.ask("generate", alone=False, **question)  # type: ignore[arg-type]
    kept = {"tokens": found.result.get("tokens", [])}
    return Answer(found.outcome, found.reason, kept, found.seconds)


@dataclass(frozen=True)
class Conditions:
    """What a set is made under. ``premises``, ``options``: as a set has them; ``about``: of this
    start; ``shipped``: rows of the engine's own config files by name."""  # noqa: D205,D209

    premises: Mapping[str, str]
    options: Mapping[str, bool]
    about: Mapping[str, Any]
    shipped: Mapping[str, Any]


def conditions(suite: Suite) -> Conditions:
    """Those of this machine and the vLLM that is installed on it. InputError without one."""
    engine = installed()
    shipped = machine.shipped_files(suite, engine.folder)
    return Conditions(
        machine.premises(suite, engine.source_hash, shipped),
        {one.name: machine.exists(one, engine.folder) for one in suite.options},
        machine.about(),
        shipped,
    )


def run(
    plan: Mapping[str, Any],
    given: argparse.Namespace,
    found: Conditions,
    more: Mapping[str, Any] | None = None,
) -> bool:
    """Run what is left of a planned suite; whether nothing is left now.

    ``more``: further arguments of the engines' supervisor.
    """
    suite, out = suite_of(plan, str(given.suite)), given.out
    begin(out, found, plan)
    started = Run(suite, given, more or {})
    running = [
        RunningLeg(suite, leg, out / LEGS / leg.name, rows_of(leg, found.shipped), given.retry)
        for leg in suite.legs
    ]
    working: Working = {leg: {} for leg in running}
    with ExitStack() as stack:
        for leg in running:
            leg.begin(found.about)
            stack.callback(leg.end)
        stack.callback(stop, working)
        with nobody_is_timed(started.lock):
            started.boot(running, working)
        started.rounds(working)
        return not any(leg.wanted() for leg in running)


def stop(working: Working) -> None:
    """End all engines; each takes seconds to give its memory back."""
    every = [engine for engines in working.values() for engine in engines.values()]
    with ThreadPoolExecutor(max(1, len(every))) as pool:
        list(pool.map(Engine.stop, every))


def begin(out: Path, found: Conditions, plan: Mapping[str, Any]) -> None:
    """Put the plan and the premises into the folder, or see that they are those of the set."""
    mine = {"premises": dict(found.premises), "options": dict(found.options),
            "gpu_uuid": found.about["gpu_uuid"]}  # fmt: skip
    for name, value in ((SUITE, dict(plan)), (PREMISES, mine)):
        path = out / name
        if not path.exists():
            write_json(path, value)
        elif read_json(path) != value:
            raise InputError(
                f"{path}: the set in this folder was begun otherwise (suite, GPU or packages);"
                " evidence is never written over: give another --out"
            )


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser(__doc__, EXAMPLE)
    made.add_argument(
        "--suite", type=Path, required=True, help="YAML, or what scripts.evidence.plan wrote"
    )
    made.add_argument("--out", type=Path, required=True, help="folder of this set and no other")
    made.add_argument(
        "--model", type=Path, default=MODEL, help="the small model (default %(default)s)"
    )
    made.add_argument("--model-within", type=float, default=0.0,
                      help="seconds to wait for it, where it is still being trained")  # fmt: skip
    made.add_argument("--seconds", type=float, default=3600.0, help="no task begins after that")
    made.add_argument("--boot-seconds", type=float, default=400.0, help="until a boot is a hang")
    made.add_argument("--answer-seconds", type=float, default=60.0, help="until a task is a hang")
    made.add_argument("--lock", type=Path, help="file of turns, if other suites share the GPU")
    made.add_argument("--retry", action="store_true", help="ask again what did not end well")
    made.add_argument("--traces", action="store_true", help="keep the profiler's raw traces too")
    return made


def main(argv: list[str] | None = None) -> int:
    """Read the suite, run what is left, collect the set."""
    arguments = make_parser().parse_args(argv)
    # The engines' processes have a working folder of their own.
    arguments.out, arguments.model = arguments.out.absolute(), arguments.model.absolute()
    whole = False

    def body() -> None:
        nonlocal whole
        plan = read_plan(arguments.suite)
        suite = suite_of(plan, str(arguments.suite))
        whole = run(plan, arguments, conditions(suite))
        collect(arguments.out)
        LOG.info("%s: %s", arguments.out, "whole" if whole else "cut off; the same command goes on")

    return run_main(body, lambda: 0 if whole else 1)


if __name__ == "__main__":
    sys.exit(main())
