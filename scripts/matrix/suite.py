"""Boot the cells of a wave side by side, take them through their levels, time them one by one.

What does not time anything runs in all engines at once; then each is timed while the others are
idle, in rounds, each of which has all engines once in a fresh order; not at all if what it needs
did not pass. Whatever becomes of an engine, its outcome is recorded and the suite goes on. A level
or a round that has a line is not asked again.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from scripts.engine.journal import Journal
from scripts.engine.outcome import Answer, Outcome
from scripts.engine.spec import EngineSpec
from scripts.engine.supervisor import Deadlines, Engine
from scripts.engine.turn import turn
from scripts.matrix.cells import Cell
from scripts.matrix.record import BOOT, FAULT, GATE, PERFORMANCE, UNTIMED, key_of, round_of
from scripts.matrix.switches import Numbers

LOG = logging.getLogger("matrix.suite")
WORKER = (sys.executable, "-m", "scripts.matrix.worker")
_USES = re.compile(r"\bUsing\b|arallelism is enabled")
_LINES = 60  # of a log that are kept
KILLED_AFTER_S = 0.05  # a planted crash: so long after the engine was asked
Passed = Callable[[str], bool]
_PLANT = ("slower", "bytes")  # of a planted cell: what its engine is told before it is timed


@dataclass(frozen=True)
class Setup:
    """What all engines of a suite share.

    ``levels``: those asked for. ``until``: time.monotonic() after which nothing is begun.
    ``hang_s``: deadline of a planted hang; ``faults_s``: kept for all planted faults, which come
    last. ``gates``: what needs a cell that did not pass is not
    timed; else it is, and the judge says so. ``lock``: turn on a GPU that others time on, too.
    """

    folder: Path
    numbers: Numbers
    levels: tuple[str, ...] = (*UNTIMED, PERFORMANCE)
    until: float = float("inf")
    deadlines: Deadlines = field(default_factory=Deadlines)
    hang_s: float = 3.0
    faults_s: float = 10.0
    at_once: int = 8
    program: Sequence[str] = WORKER
    lock: Path | None = None
    gates: bool = True


class Suite:
    """``passed``: whether a cell may be built upon, asked when all before it is recorded."""

    def __init__(self, setup: Setup, journal: Journal, passed: Passed) -> None:
        self._setup, self._journal, self._passed = setup, journal, passed
        self._riders: dict[str, list[Cell]] = {}

    def run(self, cells: Sequence[Cell], specs: dict[str, EngineSpec]) -> bool:
        """All cells, as many at once as the setup says; False if the time was over before."""
        for cell in cells:
            if cell.rides:
                self._riders.setdefault(cell.rides, []).append(cell)
        waiting = [cell for cell in cells if not cell.rides and self._todo(cell)]
        while waiting and self._time_left():
            wave, waiting = waiting[: self._setup.at_once], waiting[self._setup.at_once :]
            LOG.info("%d engines at once, %d cells after them", len(wave), len(waiting))
            self._wave(wave, specs)
        return not any(self._todo(cell) for cell in cells if not cell.rides)

    def _time_left(self) -> bool:
        return time.monotonic() < self._setup.until

    def _wanted(self, cell: Cell) -> list[str]:
        return [
            level
            for level in self._setup.levels
            if level in cell.levels
            and self._journal.done(key_of(cell.id, level)) is None
            and self._journal.done(key_of(cell.id, GATE)) is None
        ]

    def _todo(self, cell: Cell) -> bool:
        """An engine that ended before its last level is not booted again."""
        ended = self._journal.done(key_of(cell.id, BOOT))
        gone = ended is not None and ended["outcome"] != Outcome.OK
        riders = any(
            self._journal.done(key_of(one.id, level)) is None
            for one in self._riders.get(cell.id, [])
            for level in self._rider_levels(one)
        )
        left = bool(self._wanted(cell)) or any(
            self._round_left(cell, number) for number in range(self._setup.numbers.repeats)
        )
        return not gone and (left or riders) and not self._lost(cell)

    def _round_left(self, cell: Cell, number: int) -> bool:
        gated = self._journal.done(key_of(cell.id, GATE)) is not None
        return (
            PERFORMANCE in self._setup.levels
            and PERFORMANCE in (cell.levels if not cell.rides else self._rider_levels(cell))
            and not gated
            and self._journal.done(key_of(cell.id, round_of(number))) is None
        )

    def _lost(self, cell: Cell) -> bool:
        rounds = [round_of(number) for number in range(self._setup.numbers.repeats)]
        levels = (*self._setup.levels, *rounds)
        bodies = (self._journal.done(key_of(cell.id, level)) for level in levels)
        fine = {Outcome.OK, Outcome.FAILED}
        return any(body is not None and body["outcome"] not in fine for body in bodies)

    def _wave(self, wave: Sequence[Cell], specs: dict[str, EngineSpec]) -> None:
        engines = {
            cell.id: Engine(
                specs[cell.id],
                self._setup.folder / specs[cell.id].name,
                deadlines=self._setup.deadlines,
                program=self._setup.program,
            )
            for cell in wave
        }
        try:
            with ThreadPoolExecutor(len(wave)) as pool:
                list(pool.map(lambda cell: self._untimed(cell, engines[cell.id], len(wave)), wave))
            for cell in wave:
                self._timed(cell, engines[cell.id])
            self._rounds(wave, engines)
            for cell in wave:
                self._fault(cell, engines[cell.id])
        finally:
            for engine in engines.values():
                engine.stop()

    def _untimed(self, cell: Cell, engine: Engine, at_once: int) -> None:
        began = time.monotonic()
        answer = engine.boot()
        LOG.info("%s: boot %s %s", cell.id, answer.outcome, answer.reason[:120])
        facts = {"startup_s": round(time.monotonic() - began, 2), **answer.result}
        self._journal.record(
            key_of(cell.id, BOOT), replace(answer, result=facts), at_once=at_once,
            spec=asdict(engine.spec) | {"model": None},
        )  # fmt: skip
        if not answer.ok:
            return
        for level in UNTIMED:
            if level not in self._wanted(cell) or not self._time_left():
                continue
            if not self._level(cell, engine, level).ok:
                return

    def _level(self, cell: Cell, engine: Engine, level: str) -> Answer:
        answer = engine.ask("level", name=level, numbers=asdict(self._setup.numbers))
        about: dict[str, Any] = {}
        if level == "path":
            about["log"] = said(engine.log)
        self._journal.record(key_of(cell.id, level), answer, **about)
        LOG.info("%s: %s %s %.1f s", cell.id, level, answer.outcome, answer.seconds)
        return answer

    def _timed(self, cell: Cell, engine: Engine) -> None:
        """What is asked once of an engine while the others are idle, and of what rides in it."""
        missing = [one for one in cell.needs if not self._passed(one)]
        if engine.alive and PERFORMANCE in self._wanted(cell) and self._time_left():
            if missing and self._setup.gates:
                held = Answer(Outcome.FAILED, f"not timed: {', '.join(missing)} did not pass")
                self._journal.record(key_of(cell.id, GATE), held)
            else:
                with turn(self._setup.lock):
                    self._level(cell, engine, PERFORMANCE)
        for rider in self._riders.get(cell.id, []):
            for level in self._rider_levels(rider):
                done = self._journal.done(key_of(rider.id, level))
                if level != FAULT and done is None and engine.alive and self._time_left():
                    with turn(self._setup.lock), self._planted(rider, engine):
                        self._level(rider, engine, level)

    def _rider_levels(self, rider: Cell) -> list[str]:
        assert rider.planted is not None
        if rider.planted.fault:
            return [FAULT]
        both = ["path", PERFORMANCE] if rider.planted.claims else [PERFORMANCE]
        return [level for level in both if level in self._setup.levels]

    @contextmanager
    def _planted(self, cell: Cell, engine: Engine) -> Iterator[None]:
        """The engine with what is planted into the cell, if anything is."""
        given = {name: getattr(cell.planted, name) for name in _PLANT} if cell.planted else {}
        if not any(given.values()):
            yield
            return
        engine.ask("plant", **given)
        try:
            yield
        finally:
            if engine.alive:
                engine.ask("plant")

    def _rounds(self, wave: Sequence[Cell], engines: Mapping[str, Engine]) -> None:
        """Round by round, all that may be timed, each once in a fresh order."""
        cells = {cell.id: engines[cell.id] for cell in wave}
        every = [*wave, *(rider for cell in wave for rider in self._riders.get(cell.id, []))]
        numbers, took = self._setup.numbers, 0.0
        killed = any(one.planted and one.planted.fault for one in every)
        end = self._setup.until - (self._setup.faults_s if killed else 0.0)
        for number in range(numbers.repeats):
            began = time.monotonic()
            if began + took > end:  # a round is whole, or it is not begun
                return
            for place in np.random.default_rng(number).permutation(len(every)):
                cell = every[place]
                engine = cells[cell.rides or cell.id]
                begun = self._journal.done(key_of(cell.id, PERFORMANCE))
                fine = begun is not None and begun["outcome"] == Outcome.OK
                if fine and engine.alive and self._round_left(cell, number):
                    with turn(self._setup.lock), self._planted(cell, engine):
                        self._round(cell, engine, number)
            took = time.monotonic() - began
            LOG.info("round %d of %d took %.1f s", number + 1, numbers.repeats, took)

    def _round(self, cell: Cell, engine: Engine, number: int) -> None:
        answer = engine.ask("paced", number=number, numbers=asdict(self._setup.numbers))
        self._journal.record(key_of(cell.id, round_of(number)), answer)
        if not answer.ok:
            LOG.info("%s: round %d %s %s", cell.id, number, answer.outcome, answer.reason[:120])

    def _fault(self, cell: Cell, engine: Engine) -> None:
        """What kills an engine comes last."""
        for rider in self._riders.get(cell.id, []):
            assert rider.planted is not None
            todo = self._journal.done(key_of(rider.id, FAULT)) is None
            if rider.planted.fault and todo and engine.alive and self._time_left():
                answer = self._done_to(rider.planted.fault, engine)
                LOG.info("%s: %s %s", rider.id, answer.outcome, answer.reason[:120])
                self._journal.record(key_of(rider.id, FAULT), answer)

    def _done_to(self, engine_fault: str, engine: Engine) -> Answer:
        """Do it to the engine, and learn what becomes of the question that it was asked."""
        if engine_fault == "crash":
            pid = engine.ask("memory").result.get("pid")
            killer = threading.Timer(KILLED_AFTER_S, os.kill, (pid, signal.SIGKILL))
            killer.start()
            answer = engine.ask("plant", fault="hang")
            killer.join()
            return answer
        if engine_fault == "hang":
            engine.deadlines = Deadlines(other=self._setup.hang_s)
        return engine.ask("plant", fault=engine_fault)


def said(log: Path) -> list[str]:
    """Lines of an engine's log that say what it uses, each once, without their beginnings."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    lines = (line.partition("] ")[2] or line for line in text.splitlines() if _USES.search(line))
    return list(dict.fromkeys(line[:300] for line in lines))[:_LINES]
