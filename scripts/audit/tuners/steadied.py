"""Any tuner with a steady choice: what it timed as good goes through the race before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from scripts.audit.bench import Array, Bench, Places, Problem, Scope
from scripts.audit.race import Choice, race
from scripts.audit.tuner import Key, Profile, Ran, Tuner

NEAR = 0.05  # log units behind the fastest that it timed: further behind, no race is needed
# A shortlist's race costs more of its argmin than a whole space's.
BUDGET = 4.0
FIRST = 8  # of an order by what is expected; as many as a search tries here
Order = Callable[[Problem, Places], Places]
Apart = Callable[[Problem], float]


def ascending(_: Problem, places: Places) -> Places:
    """The canonical order where nothing is expected beforehand."""
    return np.sort(places)


def by_expected(expected: Callable[[Problem], Sequence[float] | Array]) -> Order:
    """The canonical order by what is expected of all tactics before a timing, the fastest first."""

    def order(problem: Problem, places: Places) -> Places:
        places = np.sort(places)
        return places[np.argsort(np.asarray(expected(problem))[places], kind="stable")]

    return order


def not_told(_: Problem) -> float:
    """Processes are taken to agree: recorded trials know of one."""
    return 0.0


class Steadied:
    """See ``scripts.audit.tuner.Tuner``: another tuner, but for what it chooses.

    ``order``: the canonical order of a problem's tactics; ``apart``: see ``race``; ``first``: so
    many race whether the tuner timed them or not, since a search that is begun anew may try others.
    """

    def __init__(
        self, tuner: Tuner, order: Order = ascending, apart: Apart = not_told, first: int = 0
    ) -> None:
        self.tuner, self.order, self.apart, self.first = tuner, order, apart, first
        self.name = f"raced {tuner.name}"
        self.choices: dict[Key, Choice] = {}

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
        timed = found.problem
        near = found.places[np.log(found.us / found.us.min()) <= NEAR]
        if self.first:
            every = self.order(timed, self.tuner.enumerate(timed))
            near = np.union1d(near, every[: self.first])
        near = self.order(timed, near)
        self.choices[found.key] = race(
            bench, timed, near, budget=BUDGET, apart=self.apart(timed)
        )  # fmt: skip
        return found

    def choose(self, problem: Problem) -> int | None:
        """The race's choice."""
        found = self.choices.get(self.key(problem))
        return None if found is None else found.place

    def run(self, problem: Problem) -> Ran:
        """As the tuner runs, with the race's choice."""
        ran = self.tuner.run(problem)
        return ran if ran.key is None else Ran(self.choices[ran.key].place, ran.key, ran.rows)

    def cache(self) -> Mapping[Key, int]:
        """All choices."""
        return {key: found.place for key, found in self.choices.items()}

    def fallback(self, problem: Problem, earlier: bool = False) -> int | None:
        """The tuner's."""
        return self.tuner.fallback(problem, earlier)

    def family(self, place: int) -> int:
        """The tuner's."""
        return self.tuner.family(place)

    def fresh(self) -> Steadied:
        """Nothing timed, nothing raced."""
        return Steadied(self.tuner.fresh(), self.order, self.apart, self.first)

    def together(self, ranks: int) -> Sequence[Tuner]:
        """The tuner's ranks, if one choice serves them all it is raced once: none here."""
        return []

    def sibling(self, most: int) -> Tuner | None:
        """None of its own."""
        return None
