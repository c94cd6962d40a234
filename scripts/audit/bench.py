"""What a tuner asks when it times tactics: the GPU, or recorded trials answered in its place.

A tactic is a config; a bench holds the tactics of one layer, and they are named by their places in
``Bench.tactics``. A live bench runs them on a GPU, ``scripts.audit.replay`` looks them up; tuners
and probes cannot tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scripts.lib.config import Config
from scripts.lib.shape import Cell

Array = NDArray[np.float64]
Places = NDArray[np.intp]


class Routing(StrEnum):
    """How tokens are spread over the experts."""

    UNIFORM = "uniform"
    ZIPF = "zipf"


class Clock(StrEnum):
    """What a timing counts."""

    GRAPH = "graph"  # the GPU's time, in a captured graph
    HOST = "host"  # the host's launches as well


class Cache(StrEnum):
    """What the L2 cache holds when a timing begins."""

    COLD = "cold"
    WARM = "warm"


class Scope(StrEnum):
    """How much of the layer a timing covers."""

    WHOLE = "whole"
    PART = "part"  # without the passes that some kernels leave to another
    UP = "up"  # the gate-up GEMM by itself
    DOWN = "down"  # the down GEMM by itself


@dataclass(frozen=True)
class Pair:
    """A tactic of its own for each GEMM of a layer; both read one alignment, of one tile height."""

    up: Config
    down: Config

    @property
    def id(self) -> str:
        """For example ``M16-…+M16-…``, the gate-up GEMM's first."""
        return f"{self.up.id}+{self.down.id}"

    @property
    def block_size_m(self) -> int:
        """The tile height of both."""
        return self.up.block_size_m

    @property
    def num_warps(self) -> int:
        """Of the gate-up GEMM."""
        return self.up.num_warps


@dataclass(frozen=True, order=True)
class Cute:
    """A tactic of FlashInfer's CuTe-DSL layer. ``tile``: rows of a tile, of both GEMMs; ``up``: its
    columns and the swizzle of its walk; ``down``: columns, cluster and whether it walks rows first.
    """  # noqa: D205

    tile: int
    up: tuple[int, int]
    down: tuple[int, int, bool]

    @property
    def id(self) -> str:
        """For example ``M64-N256-S1+N128-C2``, the gate-up GEMM's first; R: rows first."""
        columns, cluster, rows_first = self.down
        up = f"M{self.tile}-N{self.up[0]}-S{self.up[1]}"
        return f"{up}+N{columns}-C{cluster}{'-R' if rows_first else ''}"

    @property
    def block_size_m(self) -> int:
        """The tile height of both."""
        return self.tile

    @property
    def num_warps(self) -> int:
        """Of a tile of 64 rows and of 128: one group of warps multiplies 64 rows, one loads."""
        return 4 * (1 + self.tile // 64)


Tactic = Config | Pair | Cute


@dataclass(frozen=True)
class Problem:
    """What a config is wanted for. ``ranks``: of expert parallelism, and one is meant."""

    cell: Cell
    routing: Routing = Routing.UNIFORM
    ranks: int = 1

    def at(self, tokens: int) -> Problem:
        """The same layer for another number of tokens."""
        return replace(self, cell=replace(self.cell, tokens=tokens))


@dataclass(frozen=True)
class How:
    """Under which conditions tactics are timed. ``arena``: the BLOCK_SIZE_M that the buffers were
    allocated for, None if each tactic has its own; ``rank``: whose GPU."""  # noqa: D205,D209

    clock: Clock = Clock.GRAPH
    cache: Cache = Cache.COLD
    scope: Scope = Scope.WHOLE
    arena: int | None = None
    rank: int = 0


FAIR = How()


class NotKnown(LookupError):  # noqa: N818 - it is an answer
    """The bench cannot answer that: recorded trials hold one set of conditions only."""


class Bench(Protocol):
    """Times tactics of one layer. What fails has no latency (NaN)."""

    @property
    def tactics(self) -> Sequence[Tactic]:
        """All that can be asked about: configs in ascending order, then pairs as they were made."""
        ...

    def pair(self, up: int, down: int) -> int:
        """The place of a pair of two of the configs. NotKnown."""
        ...

    def call(self, problem: Problem, place: int, how: How = FAIR) -> Callable[[], None]:
        """One run of a tactic outside of a graph, for tuners that bring a clock. NotKnown."""
        ...

    def time(self, problem: Problem, places: Places, how: How = FAIR) -> Array:
        """One timing of each tactic by itself, in us, shape (tactics,). NotKnown."""
        ...

    def rounds(self, problem: Problem, places: Places, rounds: int, how: How = FAIR) -> Array:
        """Interleaved replays, a fresh order each round, us, shape (rounds, tactics). NotKnown."""
        ...

    def digests(self, problem: Problem, places: Places) -> NDArray[np.int64]:
        """A number for what each tactic computes, equal for equal outputs. NotKnown."""
        ...

    def overrun(self, problem: Problem, place: int, rows: int) -> bool:
        """Whether a run wrote past buffers of so many tokens. NotKnown."""
        ...
