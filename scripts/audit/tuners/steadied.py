"""Any tuner with a steady choice: what it timed as good goes through the race before it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from scripts.audit.bench import Bench, Places, Problem, Scope
from scripts.audit.race import race
from scripts.audit.tuner import Key, Profile, Ran, Tuner

NEAR = 0.05  # log units behind the fastest that it timed: further behind, no race is needed
# A shortlist's race costs more of its argmin than a whole space's.
BUDGET = 4.0


class Steadied:
    """See ``scripts.audit.tuner.Tuner``: another tuner, but for what it chooses."""

    def __init__(self, tuner: Tuner) -> None:
        self.tuner = tuner
        self.name = f"raced {tuner.name}"
        self._chosen: dict[Key, int] = {}

    @property
    def covers(self) -> Scope:
        """The tuner's."""
        return self.tuner.covers

    def enumerate(self, problem: Problem) -> Places:
        """The tuner's."""
        return self.tuner.enumerate(problem)

    def key(self, problem: Problem) -> Key:
        """The tuner's."""
        return self.tuner.key(problem)

    def timed_at(self, problem: Problem) -> Problem:
        """The tuner's."""
        return self.tuner.timed_at(problem)

    def profile(self, problem: Problem, bench: Bench) -> Profile:
        """The tuner's timings; the near ones race."""
        found = self.tuner.profile(problem, bench)
        near = found.places[np.log(found.us / found.us.min()) <= NEAR]
        self._chosen[found.key] = race(bench, found.problem, near, budget=BUDGET).place
        return found

    def choose(self, problem: Problem) -> int | None:
        """The race's choice."""
        return self._chosen.get(self.key(problem))

    def run(self, problem: Problem) -> Ran:
        """As the tuner runs, with the race's choice."""
        ran = self.tuner.run(problem)
        return ran if ran.key is None else Ran(self._chosen[ran.key], ran.key, ran.rows)

    def cache(self) -> Mapping[Key, int]:
        """All choices."""
        return dict(self._chosen)

    def fallback(self, problem: Problem, earlier: bool = False) -> int | None:
        """The tuner's."""
        return self.tuner.fallback(problem, earlier)

    def family(self, place: int) -> int:
        """The tuner's."""
        return self.tuner.family(place)

    def fresh(self) -> Steadied:
        """Nothing timed, nothing raced."""
        return Steadied(self.tuner.fresh())

    def together(self, ranks: int) -> Sequence[Tuner]:
        """The tuner's ranks, if one choice serves them all it is raced once: none here."""
        return []

    def sibling(self, most: int) -> Tuner | None:
        """None of its own."""
        return None
