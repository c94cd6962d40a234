"""Compilers that work while the GPU measures: each binary once, those waited for first."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from scripts.lib.isolate import Child, Failure, Handler

Body = dict[str, Any]
Failed = Callable[[Any, float, str], Body]
_AT_ONCE = -1  # before every rank that callers give


class Compilers:
    """Child processes that take jobs off one queue; a crash or a hang costs its job alone.

    ``make``, ``args``: the handler of every child, which returns the result of a job, a mapping
    with ``reason`` (None if it succeeded). ``failed``: the result of a job that killed its child,
    from the job, its seconds and the reason. ``record`` is given every result once.
    """

    def __init__(
        self,
        make: Callable[..., Handler],
        args: tuple[Any, ...],
        failed: Failed,
        record: Callable[[Body], Any],
        *,
        processes: int,
        deadline_s: float,
        method: str = "spawn",
    ) -> None:
        self._make, self._args, self._method = make, args, method
        self._failed, self._record, self._deadline_s = failed, record, deadline_s
        self._turn = threading.Condition()
        self._waiting: list[tuple[int, int, Hashable]] = []
        self._number = itertools.count()
        self._known: dict[Hashable, Body | None] = {}  # None: wanted, not there yet
        self._begun: set[Hashable] = set()
        self._rank: dict[Hashable, int] = {}
        self._stopped = False
        self._broken: Exception | None = None
        self.seconds_waited = 0.0
        for _ in range(processes):
            threading.Thread(target=self._serve, daemon=True).start()

    def want(self, jobs: Iterable[Hashable], rank: int = 0) -> None:
        """Queue those that are not queued yet; the lowest rank first, then as they came.

        What was queued at a higher rank, and has not begun, moves up.
        """
        with self._turn:
            for job in jobs:
                if job not in self._begun and rank < self._rank.get(job, rank + 1):
                    self._queue(job, rank)

    def result(self, job: Hashable) -> Body:
        """Wait for a job, which is taken before all others if none has begun it."""
        began = time.perf_counter()
        with self._turn:
            if job not in self._begun:
                self._queue(job, _AT_ONCE)
            while (found := self._known[job]) is None:
                if self._broken is not None:
                    raise self._broken
                self._turn.wait()
        self.seconds_waited += time.perf_counter() - began
        return found

    def known(self, job: Hashable) -> Body | None:
        """A job's result if it is there; never waits."""
        with self._turn:
            return self._known.get(job)

    def forget(self) -> None:
        """Drop all that is queued and that none has begun; it may be wanted again."""
        with self._turn:
            for *_, job in self._waiting:
                if job not in self._begun:
                    self._known.pop(job, None)
                    self._rank.pop(job, None)
            self._waiting.clear()

    @property
    def results(self) -> list[Body]:
        """Those that are there."""
        with self._turn:
            return [found for found in self._known.values() if found is not None]

    def stop(self) -> None:
        """Begin and record nothing more; what runs is left to end with this process."""
        with self._turn:
            self._stopped = True
            self._turn.notify_all()

    def _queue(self, job: Hashable, rank: int) -> None:
        """Perhaps a second time; whoever takes that drops it."""
        self._known[job], self._rank[job] = None, rank
        heapq.heappush(self._waiting, (rank, next(self._number), job))
        self._turn.notify_all()

    def _serve(self) -> None:
        try:
            child = Child(self._make, *self._args, method=self._method)
            try:
                while self._one(child):
                    pass
            finally:
                child.stop()
        except Exception as error:  # raised to whoever waits: without compilers nothing goes on
            with self._turn:
                self._broken = error
                self._turn.notify_all()

    def _one(self, child: Child) -> bool:
        """Do the next job; False once stopped."""
        job = self._take()
        if job is None:
            return False
        began = time.perf_counter()
        answer = child.call(job, self._deadline_s)
        if isinstance(answer, Failure):
            if answer.kind != "error":
                child.start()
            reason = f"{answer.kind}: {answer.message}"
            answer = self._failed(job, time.perf_counter() - began, reason)
        with self._turn:
            if not self._stopped:
                self._record(answer)
                self._known[job] = answer
                self._turn.notify_all()
        return True

    def _take(self) -> Hashable | None:
        with self._turn:
            while not self._stopped:
                while self._waiting:
                    *_, job = heapq.heappop(self._waiting)
                    if job not in self._begun:
                        self._begun.add(job)
                        return job
                self._turn.wait()
        return None
