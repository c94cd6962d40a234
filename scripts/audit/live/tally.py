"""Counts launches, and notes their shapes, without a word to the GPU.

A launch inside a captured graph happens at every replay of it, so that counting it where it is
captured would miss all but the first; and reading a value of a tensor there would wait for the GPU
and end the capture. So a graph keeps what was captured into it, shapes only, and a replay counts it
once more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum

from kernels.launch import Gemm
from scripts.audit.live.rank_layer import shapes_of

Shapes = tuple[tuple[str, tuple[int, ...]], ...]
Noted = Counter[tuple[str, Shapes]]


class During(StrEnum):
    """What a call is for."""

    PREPARING = "preparing"  # capture, warming up of what is not timed, checks
    PROFILING = "profiling"  # a tuner times
    RUNNING = "running"  # the choice is run


class Tally:
    """All launches of a process, by what they are for."""

    def __init__(self) -> None:
        self.calls: dict[During, Noted] = {one: Counter() for one in During}
        self._during, self._into = During.PREPARING, None

    _into: Noted | None

    def launched(self, gemm: Gemm, entry: Mapping[str, int]) -> None:
        """One launch of a GEMM: gate-up, or down where it weighs."""
        name = "gate_up" if gemm.route_weight is None else "down"
        self.noted(name, shapes_of(gemm, entry))

    def noted(self, name: str, shapes: Shapes) -> None:
        """One launch of these shapes."""
        key = name, shapes
        if self._into is not None:
            self._into[key] += 1
        else:
            self.calls[self._during][key] += 1

    def replayed(self, captured: Noted) -> None:
        """A replay of a graph into which so much was captured."""
        self.calls[self._during].update(captured)

    @contextmanager
    def capturing(self) -> Iterator[Noted]:
        """What is launched within goes into a graph, and runs when that is replayed."""
        self._into = Counter()
        try:
            yield self._into
        finally:
            self._into = None

    @contextmanager
    def during(self, what: During) -> Iterator[None]:
        """What calls within are for."""
        before, self._during = self._during, what
        try:
            yield
        finally:
            self._during = before

    def taken(self) -> dict[During, Noted]:
        """The counts since the last time they were taken."""
        found, self.calls = self.calls, {one: Counter() for one in During}
        return found
