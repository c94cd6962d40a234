"""One interface for tuners: enumerate, profile, choose, run, and the cache between them.

Whoever puts a tuner to the test sees no more of it than this. A tuner times tactics on a bench that
it is given (``scripts.audit.bench``); a real one is brought in by a class of a few lines.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from scripts.audit.bench import Array, Bench, Places, Problem, Scope

Key = Hashable


@dataclass(frozen=True)
class Profile:
    """What a tuner noted. ``problem``: the one that it timed, which may be that of a bucket;
    ``us``: what it took the ``places`` for, in us."""  # noqa: D205,D209

    key: Key
    problem: Problem
    places: Places
    us: Array


@dataclass(frozen=True)
class Ran:
    """One run. ``key``: the entry of the cache that it used, None for the fallback; ``place``: None
    where the fallback is not known; ``rows``: tokens that its buffers were made for."""  # noqa: D205,D209

    place: int | None
    key: Key | None
    rows: int


class Tuner(Protocol):
    """A tuner of one layer's kernels in one process."""

    @property
    def name(self) -> str:
        """As results call it."""
        ...

    @property
    def covers(self) -> Scope:
        """What its figures are meant to cover."""
        ...

    def enumerate(self, problem: Problem) -> Places:
        """The tactics that it would try, ascending."""
        ...

    def key(self, problem: Problem) -> Key:
        """The entry that tuning this problem fills."""
        ...

    def timed_at(self, problem: Problem) -> Problem:
        """What tuning this problem times: itself, or that of its bucket."""
        ...

    def profile(self, problem: Problem, bench: Bench) -> Profile:
        """Time tactics and enter the choice in the cache."""
        ...

    def choose(self, problem: Problem) -> int | None:
        """What the cache holds for a problem; None is a miss."""
        ...

    def run(self, problem: Problem) -> Ran:
        """What is launched for a problem, by the cache or the fallback."""
        ...

    def cache(self) -> Mapping[Key, int]:
        """All entries."""
        ...

    def fallback(self, problem: Problem, earlier: bool = False) -> int | None:
        """What is launched without tuning, in this version or the one before; None if unknown."""
        ...

    def family(self, place: int) -> int:
        """Which of the kernels it chooses among a tactic belongs to."""
        ...

    def fresh(self) -> Tuner:
        """The same tuner in a new process: nothing cached."""
        ...

    def together(self, ranks: int) -> Sequence[Tuner]:
        """One for each rank, in step, the first leading; none if it knows no ranks."""
        ...

    def sibling(self, most: int) -> Tuner | None:
        """Another call in the same process, for at most so many tokens; None: there is none."""
        ...
